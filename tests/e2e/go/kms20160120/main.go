// The typed Go SDK (alibabacloud-go/kms-20160120), unmodified: ACS3-HMAC-SHA256, POST, parameters in the query.
package main

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"os"
	"regexp"
	"sort"
	"strings"

	openapi "github.com/alibabacloud-go/darabonba-openapi/v2/client"
	kms "github.com/alibabacloud-go/kms-20160120/v3/client"
	"github.com/alibabacloud-go/tea/tea"

	"strongroom/e2e/e2e"
)

var (
	s    = tea.String
	v    = tea.StringValue
	when = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`)
)

type life struct {
	*e2e.Suite
	sdk  *kms.Client
	name string
	key  string
}

func newClient(secret string) *kms.Client {
	ca, err := os.ReadFile(os.Getenv("STRONGROOM_CA_FILE"))
	if err != nil {
		panic(err)
	}
	client, err := kms.NewClient(&openapi.Config{
		AccessKeyId: s(os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_ID")), AccessKeySecret: s(secret),
		// Making an RSA key on a busy machine takes longer than the client waits by itself.
		ConnectTimeout: tea.Int(60_000), ReadTimeout: tea.Int(60_000),
		Endpoint: s(os.Getenv("STRONGROOM_ENDPOINT")), Protocol: s("https"), Ca: s(string(ca)),
		RegionId: s(os.Getenv("STRONGROOM_REGION"))})
	if err != nil {
		panic(err)
	}
	return client
}

func must[T any](answer T, err error) T {
	if err != nil {
		panic(err)
	}
	return answer
}

func refused(code string, status int, err error) {
	var sdkError *tea.SDKError
	if err == nil {
		panic("succeeded, expected " + code)
	}
	e2e.True(errors.As(err, &sdkError), "not an SDKError: "+err.Error())
	e2e.Equal(v(sdkError.Code), code, "code")
	e2e.Equal(tea.IntValue(sdkError.StatusCode), status, "status")
}

func second[T any](_ T, err error) error { return err }

func (l *life) value() *kms.GetSecretValueResponseBody {
	return must(l.sdk.GetSecretValue(&kms.GetSecretValueRequest{SecretName: s(l.name)})).Body
}

func (l *life) get(request *kms.GetSecretValueRequest) error { return second(l.sdk.GetSecretValue(request)) }

func (l *life) account() {
	l.Case("DescribeRegions", "names the region", func() {
		found := false
		for _, region := range must(l.sdk.DescribeRegions()).Body.Regions.Region {
			found = found || v(region.RegionId) == os.Getenv("STRONGROOM_REGION")
		}
		e2e.True(found, "region missing")
	})
	l.Case("DescribeAccountKmsStatus", "is enabled", func() {
		e2e.Equal(v(must(l.sdk.DescribeAccountKmsStatus()).Body.AccountStatus), "Enabled", "status")
	})
	l.Case("GetRandomPassword", "length", func() {
		word := v(must(l.sdk.GetRandomPassword(&kms.GetRandomPasswordRequest{PasswordLength: s("24")})).Body.RandomPassword)
		e2e.Equal(len(word), 24, "length")
	})
	l.Case("GetSecretValue", "wrong secret", func() {
		_, err := newClient("wrong").GetSecretValue(&kms.GetSecretValueRequest{SecretName: s("x")})
		refused("SignatureDoesNotMatch", 400, err)
	})
}

func (l *life) createAndRead() {
	arn := "acs:kms:" + os.Getenv("STRONGROOM_REGION") + ":" + os.Getenv("STRONGROOM_ACCOUNT_ID") + ":secret/" + l.name
	create := &kms.CreateSecretRequest{SecretName: s(l.name), VersionId: s("v1"), SecretData: s(e2e.Hard),
		Description: s("first"), Tags: s(`[{"TagKey":"env","TagValue":"dev"}]`)}
	l.Case("CreateSecret", "makes the first version current", func() {
		body := must(l.sdk.CreateSecret(create)).Body
		e2e.Equal(v(body.Arn), arn, "Arn")
		e2e.Equal(v(body.SecretType), "Generic", "SecretType")
		e2e.Equal(v(body.VersionId), "v1", "VersionId")
	})
	l.Case("CreateSecret", "twice", func() { refused("Rejected.ResourceExist", 409, second(l.sdk.CreateSecret(create))) })
	l.Case("CreateSecret", "unknown instance", func() {
		_, err := l.sdk.CreateSecret(&kms.CreateSecretRequest{SecretName: s(l.name + "-i"), VersionId: s("v1"),
			SecretData: s("x"), DKMSInstanceId: s("kst-nowhere")})
		refused("Forbidden.DKMSInstanceNotFound", 403, err)
	})
	l.Case("GetSecretValue", "hard characters come back", func() {
		body := l.value()
		e2e.Equal(v(body.SecretData), e2e.Hard, "SecretData")
		e2e.Equal(v(body.SecretDataType), "text", "SecretDataType")
		e2e.Equal(v(body.VersionId), "v1", "VersionId")
		e2e.Equal(len(body.VersionStages.VersionStage), 1, "stages")
		e2e.Equal(v(body.VersionStages.VersionStage[0]), "ACSCurrent", "stage")
		e2e.True(when.MatchString(v(body.CreateTime)), "CreateTime")
	})
	l.Case("GetSecretValue", "absent secret", func() {
		refused("Forbidden.ResourceNotFound", 404, l.get(&kms.GetSecretValueRequest{SecretName: s(l.name + "-absent")}))
	})
	l.Case("DescribeSecret", "metadata and tags", func() {
		body := must(l.sdk.DescribeSecret(&kms.DescribeSecretRequest{SecretName: s(l.name), FetchTags: s("true")})).Body
		e2e.Equal(v(body.Arn), arn, "Arn")
		e2e.Equal(v(body.Description), "first", "Description")
		e2e.Equal(v(body.Tags.Tag[0].TagKey)+"="+v(body.Tags.Tag[0].TagValue), "env=dev", "tag")
	})
	l.Case("UpdateSecret", "changes the description", func() {
		must(l.sdk.UpdateSecret(&kms.UpdateSecretRequest{SecretName: s(l.name), Description: s("second")}))
		body := must(l.sdk.DescribeSecret(&kms.DescribeSecretRequest{SecretName: s(l.name)})).Body
		e2e.Equal(v(body.Description), "second", "Description")
	})
}

func (l *life) versions() {
	put := func(version, data string, stages *string) error {
		return second(l.sdk.PutSecretValue(&kms.PutSecretValueRequest{SecretName: s(l.name), VersionId: s(version),
			SecretData: s(data), VersionStages: stages}))
	}
	at := func(stage string) string {
		return v(must(l.sdk.GetSecretValue(&kms.GetSecretValueRequest{SecretName: s(l.name), VersionStage: s(stage)})).Body.SecretData)
	}
	l.Case("PutSecretValue", "moves ACSCurrent and ACSPrevious", func() {
		e2e.True(put("v2", "two", nil) == nil, "put")
		e2e.Equal(v(l.value().SecretData), "two", "current")
		e2e.Equal(at("ACSPrevious"), e2e.Hard, "previous")
	})
	l.Case("PutSecretValue", "idempotent, conflict, custom label", func() {
		e2e.True(put("v2", "two", nil) == nil, "again")
		refused("Rejected.ResourceExist", 409, put("v2", "other", nil))
		e2e.True(put("v3", "three", s(`["Next"]`)) == nil, "custom")
		e2e.Equal(at("Next"), "three", "Next")
		e2e.Equal(at("ACSCurrent"), "two", "current")
	})
	l.Case("UpdateSecretVersionStage", "moves, removes, refuses", func() {
		must(l.sdk.UpdateSecretVersionStage(&kms.UpdateSecretVersionStageRequest{SecretName: s(l.name),
			VersionStage: s("ACSCurrent"), MoveToVersion: s("v3")}))
		e2e.Equal(at("ACSCurrent"), "three", "current")
		e2e.Equal(at("ACSPrevious"), "two", "previous")
		must(l.sdk.UpdateSecretVersionStage(&kms.UpdateSecretVersionStageRequest{SecretName: s(l.name),
			VersionStage: s("Next"), RemoveFromVersion: s("v3")}))
		refused("InvalidParameter", 400, second(l.sdk.UpdateSecretVersionStage(&kms.UpdateSecretVersionStageRequest{
			SecretName: s(l.name), VersionStage: s("ACSCurrent"), RemoveFromVersion: s("v3")})))
	})
	l.Case("ListSecretVersionIds", "hides unlabelled versions unless asked", func() {
		list := func(all *string) string {
			body := must(l.sdk.ListSecretVersionIds(&kms.ListSecretVersionIdsRequest{SecretName: s(l.name), IncludeDeprecated: all})).Body
			ids := []string{}
			for _, row := range body.VersionIds.VersionId {
				e2e.True(row.VersionStages != nil, "VersionStages missing")
				ids = append(ids, v(row.VersionId))
			}
			sort.Strings(ids)
			e2e.Equal(int(tea.Int32Value(body.TotalCount)), len(ids), "TotalCount")
			return strings.Join(ids, " ")
		}
		e2e.Equal(list(nil), "v2 v3", "labelled")
		e2e.Equal(list(s("true")), "v1 v2 v3", "all")
	})
	l.Case("ListSecrets", "filter by name, empty list", func() {
		list := func(name string) *kms.ListSecretsResponseBody {
			return must(l.sdk.ListSecrets(&kms.ListSecretsRequest{Filters: s(`[{"Key":"SecretName","Values":["` + name + `"]}]`)})).Body
		}
		body := list(l.name)
		e2e.Equal(len(body.SecretList.Secret), 1, "rows")
		e2e.Equal(v(body.SecretList.Secret[0].SecretName), l.name, "name")
		e2e.Equal(tea.Int32Value(body.PageSize), int32(10), "PageSize")
		body = list("no-" + l.name)
		e2e.True(body.SecretList != nil && len(body.SecretList.Secret) == 0, "empty list")
	})
}

func (l *life) tags() {
	region, kind, ids := s(os.Getenv("STRONGROOM_REGION")), s("secret"), []*string{s(l.name)}
	rows := func() string {
		list := []string{}
		for _, row := range must(l.sdk.ListTagResources(&kms.ListTagResourcesRequest{RegionId: region, ResourceType: kind,
			ResourceId: ids})).Body.TagResources.TagResource {
			e2e.Equal(v(row.ResourceId), l.name, "ResourceId")
			list = append(list, v(row.TagKey)+"="+v(row.TagValue))
		}
		sort.Strings(list)
		return strings.Join(list, " ")
	}
	l.Case("TagResource", "adds and overwrites", func() {
		must(l.sdk.TagResource(&kms.TagResourceRequest{SecretName: s(l.name),
			Tags: s(`[{"TagKey":"env","TagValue":"prod"},{"TagKey":"a","TagValue":"b"}]`)}))
		e2e.Equal(rows(), "a=b env=prod", "tags")
	})
	l.Case("UntagResource", "removes", func() {
		must(l.sdk.UntagResource(&kms.UntagResourceRequest{SecretName: s(l.name), TagKeys: s(`["a"]`)}))
		e2e.Equal(rows(), "env=prod", "tags")
	})
	l.Case("TagResources", "adds", func() {
		must(l.sdk.TagResources(&kms.TagResourcesRequest{RegionId: region, ResourceType: kind, ResourceId: ids,
			Tag: []*kms.TagResourcesRequestTag{{Key: s("c"), Value: s("d")}}}))
	})
	l.Case("ListTagResources", "lists", func() { e2e.Equal(rows(), "c=d env=prod", "tags") })
	l.Case("UntagResources", "removes", func() {
		must(l.sdk.UntagResources(&kms.UntagResourcesRequest{RegionId: region, ResourceType: kind, ResourceId: ids,
			TagKey: []*string{s("c")}}))
		e2e.Equal(rows(), "env=prod", "tags")
	})
}

func (l *life) deleteAndRestore() {
	l.Case("DeleteSecret", "into the recovery window", func() {
		body := must(l.sdk.DeleteSecret(&kms.DeleteSecretRequest{SecretName: s(l.name), RecoveryWindowInDays: s("7")})).Body
		e2e.True(when.MatchString(v(body.PlannedDeleteTime)), "PlannedDeleteTime")
		refused("Rejected.ResourceInDeleteWindow", 409, l.get(&kms.GetSecretValueRequest{SecretName: s(l.name)}))
	})
	l.Case("RestoreSecret", "brings it back, once", func() {
		must(l.sdk.RestoreSecret(&kms.RestoreSecretRequest{SecretName: s(l.name)}))
		e2e.Equal(v(l.value().SecretData), "three", "value")
		refused("Rejected.ResourceInUse", 409, second(l.sdk.RestoreSecret(&kms.RestoreSecretRequest{SecretName: s(l.name)})))
	})
	l.Case("DeleteSecret", "at once", func() {
		must(l.sdk.DeleteSecret(&kms.DeleteSecretRequest{SecretName: s(l.name), ForceDeleteWithoutRecovery: s("true")}))
		refused("Forbidden.ResourceNotFound", 404, second(l.sdk.DescribeSecret(&kms.DescribeSecretRequest{SecretName: s(l.name)})))
	})
}

func (l *life) keys() {
	l.Case("CreateKey", "AES-256 by default", func() {
		meta := must(l.sdk.CreateKey(&kms.CreateKeyRequest{Description: s("e2e")})).Body.KeyMetadata
		l.key = v(meta.KeyId)
		e2e.Equal(v(meta.KeyState), "Enabled", "KeyState")
		e2e.Equal(v(meta.KeySpec), "Aliyun_AES_256", "KeySpec")
	})
	l.Case("DescribeKey", "by id", func() {
		meta := must(l.sdk.DescribeKey(&kms.DescribeKeyRequest{KeyId: s(l.key)})).Body.KeyMetadata
		e2e.Equal(v(meta.Description), "e2e", "Description")
		_, err := l.sdk.DescribeKey(&kms.DescribeKeyRequest{KeyId: s("00000000-0000-4000-8000-000000000000")})
		refused("Forbidden.KeyNotFound", 404, err)
	})
	l.Case("ListKeys", "counts", func() {
		e2e.True(tea.Int32Value(must(l.sdk.ListKeys(&kms.ListKeysRequest{PageSize: tea.Int32(1)})).Body.TotalCount) >= 1, "TotalCount")
	})
	blob := ""
	l.Case("Encrypt", "with a context", func() {
		blob = v(must(l.sdk.Encrypt(&kms.EncryptRequest{KeyId: s(l.key), Plaintext: s(e2e.Hard),
			EncryptionContext: map[string]interface{}{"app": "e2e"}})).Body.CiphertextBlob)
		e2e.True(blob != "", "blob")
	})
	l.Case("Decrypt", "needs the same context", func() {
		body := must(l.sdk.Decrypt(&kms.DecryptRequest{CiphertextBlob: s(blob), EncryptionContext: map[string]interface{}{"app": "e2e"}})).Body
		e2e.Equal(v(body.Plaintext), e2e.Hard, "Plaintext")
		_, err := l.sdk.Decrypt(&kms.DecryptRequest{CiphertextBlob: s(blob)})
		refused("InvalidParameter", 400, err)
	})
	l.Case("GenerateDataKey", "decrypts to the same text", func() {
		body := must(l.sdk.GenerateDataKey(&kms.GenerateDataKeyRequest{KeyId: s(l.key)})).Body
		e2e.Equal(len(must(base64.StdEncoding.DecodeString(v(body.Plaintext)))), 32, "length")
		e2e.Equal(v(must(l.sdk.Decrypt(&kms.DecryptRequest{CiphertextBlob: body.CiphertextBlob})).Body.Plaintext), v(body.Plaintext), "text")
	})
	l.keyStates()
}

func (l *life) keyStates() {
	name := l.name + "/keyed"
	read := &kms.GetSecretValueRequest{SecretName: s(name)}
	l.Case("DisableKey", "makes its secrets unreadable", func() {
		must(l.sdk.CreateSecret(&kms.CreateSecretRequest{SecretName: s(name), VersionId: s("v1"), SecretData: s("x"), EncryptionKeyId: s(l.key)}))
		must(l.sdk.DisableKey(&kms.DisableKeyRequest{KeyId: s(l.key)}))
		refused("Rejected.Disabled", 409, l.get(read))
	})
	l.Case("EnableKey", "makes them readable", func() {
		must(l.sdk.EnableKey(&kms.EnableKeyRequest{KeyId: s(l.key)}))
		must(l.sdk.GetSecretValue(read))
	})
	l.Case("ScheduleKeyDeletion", "makes them unreadable", func() {
		must(l.sdk.ScheduleKeyDeletion(&kms.ScheduleKeyDeletionRequest{KeyId: s(l.key), PendingWindowInDays: tea.Int32(7)}))
		refused("Rejected.PendingDeletion", 409, l.get(read))
	})
	l.Case("CancelKeyDeletion", "makes them readable", func() {
		must(l.sdk.CancelKeyDeletion(&kms.CancelKeyDeletionRequest{KeyId: s(l.key)}))
		must(l.sdk.GetSecretValue(read))
		must(l.sdk.DeleteSecret(&kms.DeleteSecretRequest{SecretName: s(name), ForceDeleteWithoutRecovery: s("true")}))
	})
}

func main() {
	random := make([]byte, 4)
	must(rand.Read(random))
	l := &life{Suite: &e2e.Suite{Client: "go kms-20160120"}, sdk: newClient(os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET")),
		name: "e2e/go/" + hex.EncodeToString(random)}
	l.account()
	l.createAndRead()
	l.versions()
	l.tags()
	l.deleteAndRestore()
	l.keys()
	l.keyLife()
	l.Finish()
}
