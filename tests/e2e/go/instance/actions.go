package main

import (
	"bytes"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"

	"github.com/alibabacloud-go/tea/tea"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/kms"
	gcs "github.com/aliyun/alibabacloud-dkms-gcs-go-sdk/sdk"
	transfer "github.com/aliyun/alibabacloud-dkms-transfer-go-sdk/sdk"

	"strongroom/e2e/e2e"
)

var context = []byte("context")

func parsedPublic(der []byte) any {
	if block, _ := pem.Decode(der); block != nil {
		der = block.Bytes
	}
	key, err := x509.ParsePKIXPublicKey(der)
	check(err)
	return key
}

func parsedPrivate(der []byte) {
	if block, _ := pem.Decode(der); block != nil {
		der = block.Bytes
	}
	_, err := x509.ParsePKCS8PrivateKey(der)
	check(err)
}

func keys(suite *e2e.Suite, client *gcs.Client) {
	suite.Case("GenerateRandom", "as many bytes as asked for", func() {
		made, err := client.GenerateRandom(&gcs.GenerateRandomRequest{Length: tea.Int32(64)})
		check(err)
		e2e.Equal(len(made.Random), 64, "length")
	})
	suite.Case("GenerateDataKey", "opens again", func() {
		made, err := client.GenerateDataKey(&gcs.GenerateDataKeyRequest{KeyId: tea.String(env("KEY")), NumberOfBytes: tea.Int32(24),
			Aad: context})
		check(err)
		opened, err := client.Decrypt(&gcs.DecryptRequest{KeyId: tea.String(env("KEY")), CiphertextBlob: made.CiphertextBlob,
			Iv: made.Iv, Aad: context})
		check(err)
		e2e.Equal(len(opened.Plaintext), 24, "length")
		e2e.True(bytes.Equal(opened.Plaintext, made.Plaintext), "the same data key")
	})
	suite.Case("AdvanceGenerateDataKey", "opens again without a KeyId", func() {
		made, err := client.AdvanceGenerateDataKey(&gcs.AdvanceGenerateDataKeyRequest{KeyId: tea.String(env("KEY")),
			NumberOfBytes: tea.Int32(32), Aad: context})
		check(err)
		opened, err := client.AdvanceDecrypt(&gcs.AdvanceDecryptRequest{CiphertextBlob: made.CiphertextBlob, Aad: context})
		check(err)
		e2e.True(bytes.Equal(opened.Plaintext, made.Plaintext), "the same data key")
		e2e.Equal(*opened.KeyVersionId, *made.KeyVersionId, "version")
	})
	suite.Case("GetPublicKey", "an RSA key of 2048 bits", func() {
		made, err := client.GetPublicKey(&gcs.GetPublicKeyRequest{KeyId: tea.String(env("SIGN_KEY"))})
		check(err)
		e2e.Equal(parsedPublic([]byte(*made.PublicKey)).(*rsa.PublicKey).N.BitLen(), 2048, "bits")
	})
}

func pairs(suite *e2e.Suite, client *gcs.Client) {
	key := tea.String(env("KEY"))
	suite.Case("GenerateDataKeyPair", "PEM, its private key opens again", func() {
		made, err := client.GenerateDataKeyPair(&gcs.GenerateDataKeyPairRequest{KeyId: key, Algorithm: tea.String("AES_GCM"),
			KeyPairSpec: tea.String("EC_P256"), KeyFormat: tea.String("PEM"), Aad: context})
		check(err)
		parsedPublic(made.PublicKey)
		parsedPrivate(made.PrivateKeyPlaintext)
		opened, err := client.Decrypt(&gcs.DecryptRequest{KeyId: key, CiphertextBlob: made.PrivateKeyCiphertextBlob, Iv: made.Iv,
			Aad: context})
		check(err)
		e2e.True(bytes.Equal(opened.Plaintext, made.PrivateKeyPlaintext), "the same private key")
	})
	suite.Case("GenerateDataKeyPairWithoutPlaintext", "DER, its private key opens", func() {
		made, err := client.GenerateDataKeyPairWithoutPlaintext(&gcs.GenerateDataKeyPairWithoutPlaintextRequest{KeyId: key,
			Algorithm: tea.String("AES_GCM"), KeyPairSpec: tea.String("RSA_2048"), KeyFormat: tea.String("DER")})
		check(err)
		parsedPublic(made.PublicKey)
		opened, err := client.Decrypt(&gcs.DecryptRequest{KeyId: key, CiphertextBlob: made.PrivateKeyCiphertextBlob, Iv: made.Iv})
		check(err)
		parsedPrivate(opened.Plaintext)
	})
	suite.Case("AdvanceGenerateDataKeyPair", "its private key opens again without a KeyId", func() {
		made, err := client.AdvanceGenerateDataKeyPair(&gcs.AdvanceGenerateDataKeyPairRequest{KeyId: key,
			KeyPairSpec: tea.String("EC_P256"), KeyFormat: tea.String("DER"), Aad: context})
		check(err)
		parsedPublic(made.PublicKey)
		opened, err := client.AdvanceDecrypt(&gcs.AdvanceDecryptRequest{CiphertextBlob: made.PrivateKeyCiphertextBlob,
			Aad: context})
		check(err)
		e2e.True(bytes.Equal(opened.Plaintext, made.PrivateKeyPlaintext), "the same private key")
	})
	suite.Case("AdvanceGenerateDataKeyPairWithoutPlaintext", "its private key opens", func() {
		made, err := client.AdvanceGenerateDataKeyPairWithoutPlaintext(&gcs.AdvanceGenerateDataKeyPairWithoutPlaintextRequest{
			KeyId: key, KeyPairSpec: tea.String("EC_P256"), KeyFormat: tea.String("PEM")})
		check(err)
		opened, err := client.AdvanceDecrypt(&gcs.AdvanceDecryptRequest{CiphertextBlob: made.PrivateKeyCiphertextBlob})
		check(err)
		parsedPrivate(opened.Plaintext)
	})
}

func transferredAsymmetric(suite *e2e.Suite, client *transfer.KmsTransferClient) {
	digest := sha256.Sum256([]byte("message"))
	suite.Case("AsymmetricSign", "verified", func() {
		sign := kms.CreateAsymmetricSignRequest()
		sign.Scheme, sign.KeyId, sign.Algorithm = "https", env("SIGN_KEY"), "RSA_PSS_SHA_256"
		sign.Digest = base64.StdEncoding.EncodeToString(digest[:])
		made, err := client.AsymmetricSign(sign)
		check(err)
		verify := kms.CreateAsymmetricVerifyRequest()
		verify.Scheme, verify.KeyId, verify.Algorithm, verify.Digest = "https", sign.KeyId, sign.Algorithm, sign.Digest
		verify.KeyVersionId, verify.Value = made.KeyVersionId, made.Value
		told, err := client.AsymmetricVerify(verify)
		check(err)
		e2e.True(told.Value, "verified")
	})
	suite.Case("AsymmetricEncrypt", "opens again", func() {
		encrypt := kms.CreateAsymmetricEncryptRequest()
		encrypt.Scheme, encrypt.KeyId, encrypt.Algorithm = "https", env("RSA_KEY"), "RSAES_OAEP_SHA_256"
		encrypt.Plaintext = base64.StdEncoding.EncodeToString([]byte("plain"))
		made, err := client.AsymmetricEncrypt(encrypt)
		check(err)
		decrypt := kms.CreateAsymmetricDecryptRequest()
		decrypt.Scheme, decrypt.KeyId, decrypt.Algorithm = "https", encrypt.KeyId, encrypt.Algorithm
		decrypt.KeyVersionId, decrypt.CiphertextBlob = made.KeyVersionId, made.CiphertextBlob
		opened, err := client.AsymmetricDecrypt(decrypt)
		check(err)
		e2e.Equal(opened.Plaintext, encrypt.Plaintext, "plaintext")
	})
	suite.Case("GetPublicKey", "a PEM text and its version", func() {
		get := kms.CreateGetPublicKeyRequest()
		get.Scheme, get.KeyId = "https", env("SIGN_KEY")
		made, err := client.GetPublicKey(get)
		check(err)
		parsedPublic([]byte(made.PublicKey))
		e2e.Equal(len(made.KeyVersionId), 36, "version")
	})
	suite.Case("GenerateDataKeyWithoutPlaintext", "opens", func() {
		generate := kms.CreateGenerateDataKeyWithoutPlaintextRequest()
		generate.Scheme, generate.KeyId = "https", env("KEY")
		made, err := client.GenerateDataKeyWithoutPlaintext(generate)
		check(err)
		decrypt := kms.CreateDecryptRequest()
		decrypt.Scheme, decrypt.CiphertextBlob = "https", made.CiphertextBlob
		opened, err := client.Decrypt(decrypt)
		check(err)
		plain, err := base64.StdEncoding.DecodeString(opened.Plaintext)
		check(err)
		e2e.Equal(len(plain), 32, "length")
	})
}
