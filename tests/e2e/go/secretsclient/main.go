// The caching secrets client for Go (aliyun-secretsmanager-client-go), AccessKey mode: RPC v1 HMAC-SHA1 through the
// classic SDK core. It switches certificate checking off for the shared gateway in its own code.
package main

import (
	"crypto/rand"
	"encoding/hex"
	"os"
	"strings"

	openapi "github.com/alibabacloud-go/darabonba-openapi/v2/client"
	kms "github.com/alibabacloud-go/kms-20160120/v3/client"
	"github.com/alibabacloud-go/tea/tea"
	"github.com/aliyun/aliyun-secretsmanager-client-go/sdk"
	"github.com/aliyun/aliyun-secretsmanager-client-go/sdk/models"
	"github.com/aliyun/aliyun-secretsmanager-client-go/sdk/service"

	"strongroom/e2e/e2e"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func admin() *kms.Client {
	ca, err := os.ReadFile(os.Getenv("STRONGROOM_CA_FILE"))
	check(err)
	client, err := kms.NewClient(&openapi.Config{AccessKeyId: tea.String(os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_ID")),
		AccessKeySecret: tea.String(os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET")),
		Endpoint:        tea.String(os.Getenv("STRONGROOM_ENDPOINT")), Ca: tea.String(string(ca))})
	check(err)
	return client
}

func main() {
	suite := &e2e.Suite{Client: "go secretsmanager-client"}
	random := make([]byte, 4)
	_, err := rand.Read(random)
	check(err)
	name := "e2e/go-secrets/" + hex.EncodeToString(random)
	direct := admin()
	_, err = direct.CreateSecret(&kms.CreateSecretRequest{SecretName: &name, VersionId: tea.String("v1"), SecretData: tea.String(e2e.Hard)})
	check(err)

	plain := service.NewDefaultSecretManagerClientBuilder().Standard().WithAccessKey(
		os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_ID"), os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET")).AddRegionInfo(
		models.NewRegionInfoWithEndpoint(os.Getenv("STRONGROOM_REGION"), os.Getenv("STRONGROOM_ENDPOINT"))).WithBackoffStrategy(
		service.NewFullJitterBackoffStrategy(2, 100, 500)).Build()
	client, err := sdk.NewSecretCacheClientBuilder(plain).WithSecretTTL(name, 3600*1000).Build()
	check(err)

	suite.Case("GetSecretValue", "text value through the cache", func() {
		info, err := client.GetSecretInfo(name)
		check(err)
		e2e.Equal(info.SecretValue, e2e.Hard, "value")
		e2e.Equal(info.VersionId, "v1", "version")
		e2e.Equal(info.SecretDataType, "text", "type")
	})
	suite.Case("GetSecretValue", "cached until refreshed", func() {
		_, err := direct.PutSecretValue(&kms.PutSecretValueRequest{SecretName: &name, VersionId: tea.String("v2"), SecretData: tea.String("two")})
		check(err)
		value, err := client.GetStringValue(name)
		check(err)
		e2e.Equal(value, e2e.Hard, "cached")
		done, err := client.RefreshNow(name)
		check(err)
		e2e.True(done, "refresh")
		value, err = client.GetStringValue(name)
		check(err)
		e2e.Equal(value, "two", "refreshed")
	})
	suite.Case("GetSecretValue", "absent secret", func() {
		_, err := client.GetSecretInfo(name + "-absent")
		e2e.True(err != nil && strings.Contains(err.Error(), "Forbidden.ResourceNotFound"), "expected Forbidden.ResourceNotFound")
	})
	check(client.Close())
	suite.Finish()
}
