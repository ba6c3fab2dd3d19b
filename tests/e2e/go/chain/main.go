// The default credential chain of credentials-go: whatever it finds here reads the secret. Usage: chain CASE
package main

import (
	"os"
	"strings"

	openapi "github.com/alibabacloud-go/darabonba-openapi/v2/client"
	kms "github.com/alibabacloud-go/kms-20160120/v3/client"
	"github.com/alibabacloud-go/tea/tea"
	"github.com/aliyun/credentials-go/credentials"

	"strongroom/e2e/e2e"
)

func must[T any](answer T, err error) T {
	if err != nil {
		panic(err)
	}
	return answer
}

func main() {
	suite := &e2e.Suite{Client: "go credentials"}
	way, action := os.Args[1], "AssumeRole"
	if way == "oidc" {
		action = "AssumeRoleWithOIDC"
	}
	suite.Case(action, "default chain: "+way, func() {
		found := must(credentials.NewCredential(nil))
		ca := must(os.ReadFile(os.Getenv("STRONGROOM_CA_FILE")))
		client := must(kms.NewClient(&openapi.Config{Credential: found, Endpoint: tea.String(os.Getenv("STRONGROOM_ENDPOINT")),
			Protocol: tea.String("https"), Ca: tea.String(string(ca)), RegionId: tea.String("cn-hangzhou")}))
		answer := must(client.GetSecretValue(&kms.GetSecretValueRequest{SecretName: tea.String("chain/secret")}))
		e2e.Equal(tea.StringValue(answer.Body.SecretData), "open sesame", "value")
		model := must(found.GetCredential())
		e2e.True(strings.HasPrefix(tea.StringValue(model.AccessKeyId), "STS."), "temporary")
	})
	suite.Finish()
}
