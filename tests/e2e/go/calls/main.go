// The typed RAM and STS modules and credentials-go as a program to talk to: one call, as JSON, a line on standard input; its
// answer, a line on standard output (identity/calls.py). Nothing but the modules' own functions is called.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"

	openapi "github.com/alibabacloud-go/darabonba-openapi/v2/client"
	kms "github.com/alibabacloud-go/kms-20160120/v3/client"
	ram "github.com/alibabacloud-go/ram-20150501/v2/client"
	sts "github.com/alibabacloud-go/sts-20150401/v2/client"
	"github.com/alibabacloud-go/tea/tea"
	"github.com/aliyun/credentials-go/credentials"
)

type call struct {
	API        string          `json:"api"`
	Action     string          `json:"action"`
	Parameters json.RawMessage `json:"parameters"`
	Key        []string        `json:"key"`
}

type answer struct {
	Body    any    `json:"body,omitempty"`
	Unknown string `json:"unknown,omitempty"`
	Code    string `json:"code,omitempty"`
	Message string `json:"message,omitempty"`
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func clientOf(c call) (any, error) {
	ca, err := os.ReadFile(os.Getenv("STRONGROOM_CA_FILE"))
	if err != nil {
		return nil, err
	}
	config := &openapi.Config{AccessKeyId: &c.Key[0], AccessKeySecret: &c.Key[1], SecurityToken: optional(c.Key[2]),
		Endpoint: tea.String(os.Getenv("STRONGROOM_ENDPOINT")), Protocol: tea.String("https"), Ca: tea.String(string(ca)),
		RegionId: tea.String(os.Getenv("STRONGROOM_REGION"))}
	switch c.API {
	case "ram":
		return ram.NewClient(config)
	case "sts":
		return sts.NewClient(config)
	}
	return kms.NewClient(config)
}

func failed(err error) answer {
	var known *tea.SDKError
	if errors.As(err, &known) {
		return answer{Code: tea.StringValue(known.Code), Message: tea.StringValue(known.Message)}
	}
	return answer{Code: "Error", Message: err.Error()}
}

func callPackage(c call) answer {
	client, err := clientOf(c)
	if err != nil {
		return failed(err)
	}
	method := reflect.ValueOf(client).MethodByName(c.Action)
	if !method.IsValid() {
		return answer{Unknown: c.Action}
	}
	arguments := []reflect.Value{}
	if method.Type().NumIn() == 1 {
		request := reflect.New(method.Type().In(0).Elem())
		decoder := json.NewDecoder(bytes.NewReader(c.Parameters))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(request.Interface()); err != nil {
			return answer{Unknown: err.Error()}
		}
		arguments = append(arguments, request)
	}
	results := method.Call(arguments)
	if !results[1].IsNil() {
		return failed(results[1].Interface().(error))
	}
	return answer{Body: results[0].Elem().FieldByName("Body").Interface()}
}

func assumeByCredentials(c call) answer {
	var wanted struct{ RoleArn, RoleSessionName string }
	if err := json.Unmarshal(c.Parameters, &wanted); err != nil {
		return failed(err)
	}
	config := new(credentials.Config).SetType("ram_role_arn").SetAccessKeyId(c.Key[0]).SetAccessKeySecret(c.Key[1]).
		SetRoleArn(wanted.RoleArn).SetRoleSessionName(wanted.RoleSessionName).SetSTSEndpoint(os.Getenv("STRONGROOM_ENDPOINT"))
	credential, err := credentials.NewCredential(config)
	if err != nil {
		return failed(err)
	}
	found, err := credential.GetCredential()
	if err != nil {
		return failed(err)
	}
	return answer{Body: map[string]*string{"AccessKeyId": found.AccessKeyId, "AccessKeySecret": found.AccessKeySecret,
		"SecurityToken": found.SecurityToken}}
}

func main() {
	lines := bufio.NewReader(os.Stdin)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		var c call
		if err := json.Unmarshal([]byte(strings.TrimSpace(line)), &c); err != nil {
			panic(err)
		}
		how := callPackage
		if c.API == "credentials" {
			how = assumeByCredentials
		}
		if err := json.NewEncoder(os.Stdout).Encode(how(c)); err != nil {
			panic(err)
		}
	}
}
