// Actions on keys beyond the secrets' needs, checked against Go's own crypto.
package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"

	kms "github.com/alibabacloud-go/kms-20160120/v3/client"
	"github.com/alibabacloud-go/tea/tea"

	"strongroom/e2e/e2e"
)

func b64(data []byte) *string { return s(base64.StdEncoding.EncodeToString(data)) }
func raw(text *string) []byte { return must(base64.StdEncoding.DecodeString(v(text))) }
func (l *life) drop(key string) {
	must(l.sdk.ScheduleKeyDeletion(&kms.ScheduleKeyDeletionRequest{KeyId: s(key), PendingWindowInDays: tea.Int32(7)}))
}
func (l *life) encrypt(key string) (*kms.EncryptResponse, error) {
	return l.sdk.Encrypt(&kms.EncryptRequest{KeyId: s(key), Plaintext: s("text")})
}

func (l *life) create(request *kms.CreateKeyRequest) (string, string) {
	key := must(l.sdk.CreateKey(request)).Body.KeyMetadata.KeyId
	versions := must(l.sdk.ListKeyVersions(&kms.ListKeyVersionsRequest{KeyId: key})).Body.KeyVersions.KeyVersion
	return v(key), v(versions[0].KeyVersionId)
}

func (l *life) keyLife() {
	l.aliasesAndVersions()
	l.imports()
	l.signatures()
	l.asymmetricEncryption()
	l.exports()
}

func (l *life) aliasesAndVersions() {
	key, _ := l.create(&kms.CreateKeyRequest{})
	alias := "alias/e2e-" + key[:8]
	l.Case("CreateAlias", "names the key", func() {
		must(l.sdk.CreateAlias(&kms.CreateAliasRequest{KeyId: s(key), AliasName: s(alias)}))
		refused("AliasAlreadyExists", 400, second(l.sdk.CreateAlias(&kms.CreateAliasRequest{KeyId: s(key), AliasName: s(alias)})))
		e2e.Equal(v(must(l.encrypt(alias)).Body.KeyId), key, "KeyId")
	})
	l.Case("ListAliases", "counts", func() {
		e2e.True(tea.Int32Value(must(l.sdk.ListAliases(&kms.ListAliasesRequest{})).Body.TotalCount) >= 1, "TotalCount")
	})
	l.Case("ListAliasesByKeyId", "holds it alone", func() {
		rows := must(l.sdk.ListAliasesByKeyId(&kms.ListAliasesByKeyIdRequest{KeyId: s(key)})).Body.Aliases.Alias
		e2e.Equal(len(rows), 1, "rows")
		e2e.Equal(v(rows[0].AliasName), alias, "AliasName")
	})
	l.Case("UpdateAlias", "to the same key", func() {
		must(l.sdk.UpdateAlias(&kms.UpdateAliasRequest{KeyId: s(key), AliasName: s(alias)}))
	})
	l.Case("DeleteAlias", "takes it away", func() {
		must(l.sdk.DeleteAlias(&kms.DeleteAliasRequest{AliasName: s(alias)}))
		refused("Forbidden.AliasNotFound", 404, second(l.encrypt(alias)))
	})
	l.Case("UpdateKeyDescription", "shows", func() {
		must(l.sdk.UpdateKeyDescription(&kms.UpdateKeyDescriptionRequest{KeyId: s(key), Description: s("other")}))
		e2e.Equal(v(must(l.sdk.DescribeKey(&kms.DescribeKeyRequest{KeyId: s(key)})).Body.KeyMetadata.Description), "other", "Description")
	})
	l.Case("CreateKeyVersion", "keeps old blobs readable", func() {
		blob := must(l.encrypt(key)).Body.CiphertextBlob
		version := must(l.sdk.CreateKeyVersion(&kms.CreateKeyVersionRequest{KeyId: s(key)})).Body.KeyVersion.KeyVersionId
		e2e.Equal(v(must(l.encrypt(key)).Body.KeyVersionId), v(version), "KeyVersionId")
		e2e.Equal(v(must(l.sdk.Decrypt(&kms.DecryptRequest{CiphertextBlob: blob})).Body.Plaintext), "text", "Plaintext")
	})
	l.Case("UpdateRotationPolicy", "on", func() {
		must(l.sdk.UpdateRotationPolicy(&kms.UpdateRotationPolicyRequest{KeyId: s(key), EnableAutomaticRotation: tea.Bool(true), RotationInterval: s("30d")}))
		e2e.Equal(v(must(l.sdk.DescribeKey(&kms.DescribeKeyRequest{KeyId: s(key)})).Body.KeyMetadata.RotationInterval), "2592000s", "RotationInterval")
	})
	l.Case("ReEncrypt", "to itself", func() {
		moved := must(l.sdk.ReEncrypt(&kms.ReEncryptRequest{CiphertextBlob: must(l.encrypt(key)).Body.CiphertextBlob, DestinationKeyId: s(key)})).Body
		e2e.Equal(v(must(l.sdk.Decrypt(&kms.DecryptRequest{CiphertextBlob: moved.CiphertextBlob})).Body.Plaintext), "text", "Plaintext")
	})
	l.Case("GenerateDataKeyWithoutPlaintext", "a blob", func() {
		body := must(l.sdk.GenerateDataKeyWithoutPlaintext(&kms.GenerateDataKeyWithoutPlaintextRequest{KeyId: s(key)})).Body
		e2e.Equal(len(raw(must(l.sdk.Decrypt(&kms.DecryptRequest{CiphertextBlob: body.CiphertextBlob})).Body.Plaintext)), 32, "length")
	})
	l.drop(key)
}

func (l *life) imports() {
	key := v(must(l.sdk.CreateKey(&kms.CreateKeyRequest{Origin: s("EXTERNAL")})).Body.KeyMetadata.KeyId)
	var given *kms.ImportKeyMaterialRequest
	l.Case("GetParametersForImport", "a key to wrap with", func() {
		body := must(l.sdk.GetParametersForImport(&kms.GetParametersForImportRequest{KeyId: s(key), WrappingKeySpec: s("RSA_2048"),
			WrappingAlgorithm: s("RSAES_OAEP_SHA_256")})).Body
		public := must(x509.ParsePKIXPublicKey(raw(body.PublicKey))).(*rsa.PublicKey)
		wrapped := must(rsa.EncryptOAEP(sha256.New(), rand.Reader, public, make([]byte, 32), nil))
		given = &kms.ImportKeyMaterialRequest{KeyId: s(key), ImportToken: body.ImportToken, EncryptedKeyMaterial: b64(wrapped),
			KeyMaterialExpireUnix: tea.Int64(0)}
	})
	l.Case("ImportKeyMaterial", "and again with the same token", func() {
		must(l.sdk.ImportKeyMaterial(given))
		must(l.encrypt(key))
		must(l.sdk.ImportKeyMaterial(given))
	})
	l.Case("DeleteKeyMaterial", "leaves it unusable", func() {
		must(l.sdk.DeleteKeyMaterial(&kms.DeleteKeyMaterialRequest{KeyId: s(key)}))
		refused("Rejected.PendingImport", 409, second(l.encrypt(key)))
	})
	l.drop(key)
}

func (l *life) signatures() {
	digest := sha256.Sum256([]byte("message"))
	for _, kind := range [][2]string{{"RSA_2048", "RSA_PSS_SHA_256"}, {"EC_P256", "ECDSA_SHA_256"}} {
		key, version := l.create(&kms.CreateKeyRequest{KeySpec: s(kind[0]), KeyUsage: s("SIGN/VERIFY")})
		var value *string
		var public any
		l.Case("GetPublicKey", kind[0], func() {
			text := must(l.sdk.GetPublicKey(&kms.GetPublicKeyRequest{KeyId: s(key), KeyVersionId: s(version)})).Body.PublicKey
			block, _ := pem.Decode([]byte(v(text)))
			public = must(x509.ParsePKIXPublicKey(block.Bytes))
		})
		l.Case("AsymmetricSign", kind[0], func() {
			value = must(l.sdk.AsymmetricSign(&kms.AsymmetricSignRequest{KeyId: s(key), KeyVersionId: s(version), Algorithm: s(kind[1]),
				Digest: b64(digest[:])})).Body.Value
			switch half := public.(type) {
			case *rsa.PublicKey:
				e2e.True(rsa.VerifyPSS(half, crypto.SHA256, digest[:], raw(value), nil) == nil, "signature")
			case *ecdsa.PublicKey:
				e2e.True(ecdsa.VerifyASN1(half, digest[:], raw(value)), "signature")
			}
		})
		l.Case("AsymmetricVerify", kind[0], func() {
			e2e.True(tea.BoolValue(must(l.sdk.AsymmetricVerify(&kms.AsymmetricVerifyRequest{KeyId: s(key), KeyVersionId: s(version),
				Algorithm: s(kind[1]), Digest: b64(digest[:]), Value: value})).Body.Value), "Value")
		})
		l.drop(key)
	}
}

func (l *life) asymmetricEncryption() {
	key, version := l.create(&kms.CreateKeyRequest{KeySpec: s("RSA_2048"), KeyUsage: s("ENCRYPT/DECRYPT")})
	algorithm := s("RSAES_OAEP_SHA_256")
	var blob *string
	l.Case("AsymmetricEncrypt", "a blob", func() {
		blob = must(l.sdk.AsymmetricEncrypt(&kms.AsymmetricEncryptRequest{KeyId: s(key), KeyVersionId: s(version), Algorithm: algorithm,
			Plaintext: b64([]byte("text"))})).Body.CiphertextBlob
	})
	l.Case("AsymmetricDecrypt", "gives it back", func() {
		e2e.Equal(v(must(l.sdk.AsymmetricDecrypt(&kms.AsymmetricDecryptRequest{KeyId: s(key), KeyVersionId: s(version), Algorithm: algorithm,
			CiphertextBlob: blob})).Body.Plaintext), v(b64([]byte("text"))), "Plaintext")
	})
	l.drop(key)
}

func (l *life) exports() {
	own := must(rsa.GenerateKey(rand.Reader, 2048))
	spki := b64(must(x509.MarshalPKIXPublicKey(&own.PublicKey)))
	key, _ := l.create(&kms.CreateKeyRequest{})
	var blob *string
	l.Case("GenerateAndExportDataKey", "opens with our key", func() {
		body := must(l.sdk.GenerateAndExportDataKey(&kms.GenerateAndExportDataKeyRequest{KeyId: s(key), PublicKeyBlob: spki,
			WrappingKeySpec: s("RSA_2048"), WrappingAlgorithm: s("RSAES_OAEP_SHA_256")})).Body
		blob = body.CiphertextBlob
		e2e.Equal(len(must(rsa.DecryptOAEP(sha256.New(), rand.Reader, own, raw(body.ExportedDataKey), nil))), 32, "length")
	})
	l.Case("ExportDataKey", "again", func() {
		body := must(l.sdk.ExportDataKey(&kms.ExportDataKeyRequest{CiphertextBlob: blob, PublicKeyBlob: spki,
			WrappingKeySpec: s("RSA_2048"), WrappingAlgorithm: s("RSAES_OAEP_SHA_256")})).Body
		e2e.Equal(len(must(rsa.DecryptOAEP(sha256.New(), rand.Reader, own, raw(body.ExportedDataKey), nil))), 32, "length")
	})
	l.drop(key)
}
