// Clients of a KMS instance with a client key: the Instance API (alibabacloud-dkms-gcs-go-sdk), the transfer SDK, and the
// caching secrets client in both meanings of a client key. Usage: instance instance|transfer|secrets. What they work with comes from
// the environment (instance_clients.py).
package main

import (
	"crypto/sha256"
	"encoding/base64"
	"os"
	"strings"

	"github.com/alibabacloud-go/tea/tea"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/kms"
	openapi "github.com/aliyun/alibabacloud-dkms-gcs-go-sdk/openapi"
	gcs "github.com/aliyun/alibabacloud-dkms-gcs-go-sdk/sdk"
	transfer "github.com/aliyun/alibabacloud-dkms-transfer-go-sdk/sdk"
	secrets "github.com/aliyun/aliyun-secretsmanager-client-go/sdk"

	"strongroom/e2e/e2e"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func env(name string) string { return os.Getenv("E2E_" + name) }

func config() *openapi.Config {
	return &openapi.Config{Protocol: tea.String("https"), Endpoint: tea.String(env("ENDPOINT")),
		ClientKeyFile: tea.String(env("CLIENT_KEY_FILE")), Password: tea.String(env("PASSWORD")),
		CaFilePath: tea.String(os.Getenv("STRONGROOM_INSTANCE_CA_FILE"))}
}

func instanceAPI() *e2e.Suite {
	suite := &e2e.Suite{Client: "go dkms-gcs"}
	client, err := gcs.NewClient(config())
	check(err)
	suite.Case("GetSecretValue", "its value", func() {
		found, err := client.GetSecretValue(&gcs.GetSecretValueRequest{SecretName: tea.String(env("SECRET"))})
		check(err)
		e2e.Equal(*found.SecretData, env("VALUE"), "value")
	})
	suite.Case("GetSecretValue", "a secret that is not there", func() {
		_, err := client.GetSecretValue(&gcs.GetSecretValueRequest{SecretName: tea.String("e2e/nowhere")})
		e2e.True(err != nil && strings.Contains(err.Error(), "Forbidden.ResourceNotFound"), "expected Forbidden.ResourceNotFound")
	})
	suite.Case("Encrypt", "opens again", func() {
		made, err := client.Encrypt(&gcs.EncryptRequest{KeyId: tea.String(env("KEY")), Plaintext: []byte("plain"), Aad: []byte("a")})
		check(err)
		opened, err := client.Decrypt(&gcs.DecryptRequest{KeyId: tea.String(env("KEY")), CiphertextBlob: made.CiphertextBlob,
			Iv: made.Iv, Aad: []byte("a")})
		check(err)
		e2e.Equal(string(opened.Plaintext), "plain", "plaintext")
	})
	suite.Case("AdvanceEncrypt", "opens again without a KeyId", func() {
		made, err := client.AdvanceEncrypt(&gcs.AdvanceEncryptRequest{KeyId: tea.String(env("KEY")), Plaintext: []byte("plain")})
		check(err)
		opened, err := client.AdvanceDecrypt(&gcs.AdvanceDecryptRequest{CiphertextBlob: made.CiphertextBlob})
		check(err)
		e2e.Equal(string(opened.Plaintext), "plain", "plaintext")
	})
	suite.Case("Sign", "RSA_2048, verified", func() {
		digest := sha256.Sum256([]byte("message"))
		made, err := client.Sign(&gcs.SignRequest{KeyId: tea.String(env("SIGN_KEY")), Message: digest[:],
			Algorithm: tea.String("RSA_PKCS1_SHA_256"), MessageType: tea.String("DIGEST")})
		check(err)
		told, err := client.Verify(&gcs.VerifyRequest{KeyId: tea.String(env("SIGN_KEY")), Message: []byte("message"),
			Signature: made.Signature, Algorithm: tea.String("RSA_PKCS1_SHA_256"), MessageType: tea.String("RAW")})
		check(err)
		e2e.True(*told.Value, "verified")
	})
	keys(suite, client)
	pairs(suite, client)
	return suite
}

func transferred() *e2e.Suite {
	suite := &e2e.Suite{Client: "go dkms-transfer"}
	client, err := transfer.NewClientWithAccessKey("cn-hangzhou", "PRETEND_AK", "PRETEND_SK", config())
	check(err)
	suite.Case("GetSecretValue", "its value", func() {
		request := kms.CreateGetSecretValueRequest()
		request.Scheme, request.SecretName = "https", env("SECRET")
		found, err := client.GetSecretValue(request)
		check(err)
		e2e.Equal(found.SecretData, env("VALUE"), "value")
	})
	suite.Case("Encrypt", "and Decrypt without a KeyId", func() {
		encrypt := kms.CreateEncryptRequest()
		encrypt.Scheme, encrypt.KeyId, encrypt.Plaintext = "https", env("KEY"), "over there"
		encrypt.EncryptionContext = `{"b":"2","a":"1"}`
		made, err := client.Encrypt(encrypt)
		check(err)
		decrypt := kms.CreateDecryptRequest()
		decrypt.Scheme, decrypt.CiphertextBlob, decrypt.EncryptionContext = "https", made.CiphertextBlob, `{"b":"2","a":"1"}`
		opened, err := client.Decrypt(decrypt)
		check(err)
		e2e.Equal(opened.Plaintext, "over there", "plaintext")
		e2e.Equal(opened.KeyId, env("KEY"), "key")
	})
	suite.Case("GenerateDataKey", "opens again", func() {
		generate := kms.CreateGenerateDataKeyRequest()
		generate.Scheme, generate.KeyId, generate.NumberOfBytes = "https", env("KEY"), requests.NewInteger(32)
		made, err := client.GenerateDataKey(generate)
		check(err)
		decrypt := kms.CreateDecryptRequest()
		decrypt.Scheme, decrypt.CiphertextBlob = "https", made.CiphertextBlob
		opened, err := client.Decrypt(decrypt)
		check(err)
		e2e.Equal(opened.Plaintext, made.Plaintext, "data key")
		plain, err := base64.StdEncoding.DecodeString(opened.Plaintext)
		check(err)
		e2e.Equal(len(plain), 32, "length")
	})
	transferredAsymmetric(suite, client)
	return suite
}

// Configured by the environment alone, as the client's manual shows.
func cached() *e2e.Suite {
	suite := &e2e.Suite{Client: "go secretsmanager-client"}
	suite.Case("GetSecretValue", "client key: "+env("WAY"), func() {
		client, err := secrets.NewClient()
		check(err)
		value, err := client.GetStringValue(env("SECRET"))
		check(err)
		e2e.Equal(value, env("VALUE"), "value")
		check(client.Close())
	})
	return suite
}

func main() {
	map[string]func() *e2e.Suite{"instance": instanceAPI, "transfer": transferred, "secrets": cached}[os.Args[1]]().Finish()
}
