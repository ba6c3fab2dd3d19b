// Package e2e tells the runner what a suite did: one line `#e2e {json}` for each case.
package e2e

import (
	"encoding/json"
	"fmt"
	"os"
)

// Suite is the record of one client.
type Suite struct {
	Client string
	failed int
}

// Case runs body; a panic or an error is a failure.
func (s *Suite) Case(action, name string, body func()) {
	detail := ""
	func() {
		defer func() {
			if r := recover(); r != nil {
				detail = fmt.Sprint(r)
			}
		}()
		body()
	}()
	if detail != "" {
		s.failed++
	}
	line, _ := json.Marshal(map[string]any{"client": s.Client, "action": action, "case": name, "ok": detail == "", "detail": detail})
	fmt.Println("#e2e " + string(line))
}

// Finish ends the process.
func (s *Suite) Finish() {
	if s.failed > 0 {
		os.Exit(1)
	}
	os.Exit(0)
}

// Equal stops the case unless the two are the same.
func Equal[T comparable](actual, expected T, what string) {
	if actual != expected {
		panic(fmt.Sprintf("%s: expected %v, got %v", what, expected, actual))
	}
}

// True stops the case unless it holds.
func True(holds bool, what string) {
	if !holds {
		panic(what)
	}
}

// Hard holds every character that somebody's encoder gets wrong.
const Hard = "p@ss w0rd+/=&~*!'()\"#?%\n中文😀<&>\\u0041"
