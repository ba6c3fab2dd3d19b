// go get github.com/alibabacloud-go/kms-20160120/v3
package main

import (
	"fmt"
	"log"
	"os"

	openapi "github.com/alibabacloud-go/darabonba-openapi/v2/client"
	kms "github.com/alibabacloud-go/kms-20160120/v3/client"
	"github.com/alibabacloud-go/tea/tea"
)

func main() {
	name := "MyDbCreds"
	if len(os.Args) > 1 {
		name = os.Args[1]
	}
	ca, err := os.ReadFile(os.Getenv("STRONGROOM_CA_FILE"))
	if err != nil {
		log.Fatal(err)
	}
	client, err := kms.NewClient(&openapi.Config{
		Endpoint:        tea.String(os.Getenv("STRONGROOM_ENDPOINT")),
		Ca:              tea.String(string(ca)),
		AccessKeyId:     tea.String(os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_ID")),
		AccessKeySecret: tea.String(os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET")),
	})
	if err != nil {
		log.Fatal(err)
	}
	answer, err := client.GetSecretValue(&kms.GetSecretValueRequest{SecretName: tea.String(name)})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(tea.StringValue(answer.Body.SecretData))
}
