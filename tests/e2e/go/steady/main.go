// The typed Go SDK under steady load, its connections kept alive: four loops write and read back until standard input
// ends. One JSON line tells how many calls were made and what failed. Nothing is retried.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"

	openapi "github.com/alibabacloud-go/darabonba-openapi/v2/client"
	kms "github.com/alibabacloud-go/kms-20160120/v3/client"
	"github.com/alibabacloud-go/tea/tea"
)

const workers = 4

var (
	s        = tea.String
	stop     atomic.Bool
	calls    atomic.Int64
	mutex    sync.Mutex
	failures = []string{}
)

func newClient() *kms.Client {
	ca, err := os.ReadFile(os.Getenv("STRONGROOM_CA_FILE"))
	if err != nil {
		panic(err)
	}
	client, err := kms.NewClient(&openapi.Config{
		AccessKeyId: s(os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_ID")), AccessKeySecret: s(os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET")),
		Endpoint: s(os.Getenv("STRONGROOM_ENDPOINT")), Protocol: s("https"), Ca: s(string(ca)),
		RegionId: s(os.Getenv("STRONGROOM_REGION"))})
	if err != nil {
		panic(err)
	}
	return client
}

func round(client *kms.Client, name string, version int) error {
	id, value := s(fmt.Sprint(version)), s(fmt.Sprint("value ", version))
	var err error
	if version == 1 {
		_, err = client.CreateSecret(&kms.CreateSecretRequest{SecretName: s(name), VersionId: id, SecretData: value})
	} else {
		_, err = client.PutSecretValue(&kms.PutSecretValueRequest{SecretName: s(name), VersionId: id, SecretData: value})
	}
	if err != nil {
		return err
	}
	found, err := client.GetSecretValue(&kms.GetSecretValueRequest{SecretName: s(name)})
	if err == nil && *found.Body.SecretData != *value {
		err = fmt.Errorf("%s instead of %s", *found.Body.SecretData, *value)
	}
	return err
}

func work(name string) {
	client := newClient()
	for version := 1; !stop.Load(); version++ {
		if err := round(client, name, version); err != nil {
			mutex.Lock()
			failures = append(failures, fmt.Sprintf("%s version %d: %v", name, version, err))
			mutex.Unlock()
			return
		}
		calls.Add(2)
	}
}

func main() {
	var group sync.WaitGroup
	for i := 0; i < workers; i++ {
		group.Add(1)
		go func(number int) {
			defer group.Done()
			work(fmt.Sprint("steady/go/", number))
		}(i)
	}
	_, _ = io.ReadAll(os.Stdin)
	stop.Store(true)
	group.Wait()
	line, _ := json.Marshal(map[string]any{"calls": calls.Load(), "failures": failures})
	fmt.Println(string(line))
}
