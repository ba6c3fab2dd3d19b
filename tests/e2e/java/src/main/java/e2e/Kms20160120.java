package e2e;

import static e2e.Suite.HARD;
import static e2e.Suite.equal;
import static e2e.Suite.holds;

import com.aliyun.kms20160120.Client;
import com.aliyun.kms20160120.models.*;
import com.aliyun.tea.TeaException;
import com.aliyun.teaopenapi.models.Config;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.UUID;

/** The typed Java SDK, unmodified: ACS3-HMAC-SHA256, POST, parameters in the query. */
public final class Kms20160120 {
    private static final Map<String, String> ENV = System.getenv();
    private static final String TIME = "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ";

    private final Suite suite = new Suite("java kms20160120");
    private final String name = "e2e/java/" + UUID.randomUUID().toString().substring(0, 8);
    private final Client sdk = client(ENV.get("ALIBABA_CLOUD_ACCESS_KEY_SECRET"));
    private String key;

    private Kms20160120() throws Exception {}

    static Client client(String secret) throws Exception {
        return new Client(new Config()
            .setAccessKeyId(ENV.get("ALIBABA_CLOUD_ACCESS_KEY_ID")).setAccessKeySecret(secret)
            // Making an RSA key on a busy machine takes longer than the client waits by itself.
            .setConnectTimeout(60_000).setReadTimeout(60_000)
            .setEndpoint(ENV.get("STRONGROOM_ENDPOINT")).setProtocol("HTTPS").setRegionId(ENV.get("STRONGROOM_REGION"))
            .setCa(Files.readString(Path.of(ENV.get("STRONGROOM_CA_FILE")))));
    }

    private static void refused(String code, int status, Suite.Body call) throws Exception {
        equal(Tea.refused(code, call).getStatusCode(), status, "status");
    }

    private GetSecretValueResponseBody value(String stage) throws Exception {
        return sdk.getSecretValue(new GetSecretValueRequest().setSecretName(name).setVersionStage(stage)).body;
    }

    private void createAndRead() {
        String arn = "acs:kms:" + ENV.get("STRONGROOM_REGION") + ":" + ENV.get("STRONGROOM_ACCOUNT_ID") + ":secret/" + name;
        CreateSecretRequest create = new CreateSecretRequest().setSecretName(name).setVersionId("v1").setSecretData(HARD)
            .setDescription("first").setTags("[{\"TagKey\":\"env\",\"TagValue\":\"dev\"}]");
        suite.run("DescribeRegions", "names the region", () -> holds(sdk.describeRegions().body.regions.region.stream()
            .anyMatch(r -> r.regionId.equals(ENV.get("STRONGROOM_REGION"))), "region missing"));
        suite.run("DescribeAccountKmsStatus", "is enabled",
            () -> equal(sdk.describeAccountKmsStatus().body.accountStatus, "Enabled", "status"));
        suite.run("GetRandomPassword", "length", () -> equal(sdk.getRandomPassword(
            new GetRandomPasswordRequest().setPasswordLength("24")).body.randomPassword.length(), 24, "length"));
        suite.run("GetSecretValue", "wrong secret", () -> refused("SignatureDoesNotMatch", 400,
            () -> client("wrong").getSecretValue(new GetSecretValueRequest().setSecretName("x"))));
        suite.run("CreateSecret", "makes the first version current", () -> {
            CreateSecretResponseBody body = sdk.createSecret(create).body;
            equal(body.arn, arn, "Arn");
            equal(body.secretType, "Generic", "SecretType");
            equal(body.versionId, "v1", "VersionId");
        });
        suite.run("CreateSecret", "twice", () -> refused("Rejected.ResourceExist", 409, () -> sdk.createSecret(create)));
        suite.run("GetSecretValue", "hard characters come back", () -> {
            GetSecretValueResponseBody body = value(null);
            equal(body.secretData, HARD, "SecretData");
            equal(body.secretDataType, "text", "SecretDataType");
            equal(body.versionStages.versionStage, List.of("ACSCurrent"), "VersionStages");
            holds(body.createTime.matches(TIME), "CreateTime " + body.createTime);
        });
        suite.run("GetSecretValue", "absent secret", () -> refused("Forbidden.ResourceNotFound", 404,
            () -> sdk.getSecretValue(new GetSecretValueRequest().setSecretName(name + "-absent"))));
        suite.run("DescribeSecret", "metadata and tags", () -> {
            DescribeSecretResponseBody body =
                sdk.describeSecret(new DescribeSecretRequest().setSecretName(name).setFetchTags("true")).body;
            equal(body.arn, arn, "Arn");
            equal(body.description, "first", "Description");
            equal(body.tags.tag.get(0).tagKey + "=" + body.tags.tag.get(0).tagValue, "env=dev", "tag");
        });
        suite.run("UpdateSecret", "changes the description", () -> {
            sdk.updateSecret(new UpdateSecretRequest().setSecretName(name).setDescription("second"));
            equal(sdk.describeSecret(new DescribeSecretRequest().setSecretName(name)).body.description, "second", "Description");
        });
    }

    private void put(String version, String data, String stages) throws Exception {
        sdk.putSecretValue(new PutSecretValueRequest().setSecretName(name).setVersionId(version).setSecretData(data)
            .setVersionStages(stages));
    }

    private void versions() {
        suite.run("PutSecretValue", "moves ACSCurrent and ACSPrevious", () -> {
            put("v2", "two", null);
            equal(value(null).secretData, "two", "current");
            equal(value("ACSPrevious").secretData, HARD, "previous");
        });
        suite.run("PutSecretValue", "idempotent, conflict, custom label", () -> {
            put("v2", "two", null);
            refused("Rejected.ResourceExist", 409, () -> put("v2", "other", null));
            put("v3", "three", "[\"Next\"]");
            equal(value("Next").secretData, "three", "Next");
            equal(value(null).secretData, "two", "current");
        });
        suite.run("UpdateSecretVersionStage", "moves, removes, refuses", () -> {
            UpdateSecretVersionStageRequest move = new UpdateSecretVersionStageRequest().setSecretName(name);
            sdk.updateSecretVersionStage(move.setVersionStage("ACSCurrent").setMoveToVersion("v3"));
            equal(value(null).secretData, "three", "current");
            equal(value("ACSPrevious").secretData, "two", "previous");
            sdk.updateSecretVersionStage(new UpdateSecretVersionStageRequest().setSecretName(name)
                .setVersionStage("Next").setRemoveFromVersion("v3"));
            refused("InvalidParameter", 400, () -> sdk.updateSecretVersionStage(new UpdateSecretVersionStageRequest()
                .setSecretName(name).setVersionStage("ACSCurrent").setRemoveFromVersion("v3")));
        });
        suite.run("ListSecretVersionIds", "hides unlabelled versions unless asked", () -> {
            equal(ids(null), "[v2, v3]", "labelled");
            equal(ids("true"), "[v1, v2, v3]", "all");
        });
        suite.run("ListSecrets", "filter by name, empty list", () -> {
            ListSecretsResponseBody body = list(name);
            equal(body.secretList.secret.size(), 1, "rows");
            equal(body.secretList.secret.get(0).secretName, name, "name");
            equal(body.pageSize, 10, "PageSize");
            equal(list("no-" + name).secretList.secret.size(), 0, "empty");
        });
    }

    private String ids(String all) throws Exception {
        TreeSet<String> ids = new TreeSet<>();
        sdk.listSecretVersionIds(new ListSecretVersionIdsRequest().setSecretName(name).setIncludeDeprecated(all))
            .body.versionIds.versionId.forEach(row -> ids.add(row.versionId));
        return ids.toString();
    }

    private ListSecretsResponseBody list(String prefix) throws Exception {
        return sdk.listSecrets(new ListSecretsRequest().setFilters(
            "[{\"Key\":\"SecretName\",\"Values\":[\"" + prefix + "\"]}]")).body;
    }

    private String tagRows() throws Exception {
        TreeSet<String> rows = new TreeSet<>();
        sdk.listTagResources(new ListTagResourcesRequest().setRegionId(ENV.get("STRONGROOM_REGION"))
            .setResourceType("secret").setResourceId(List.of(name)))
            .body.tagResources.tagResource.forEach(row -> rows.add(row.tagKey + "=" + row.tagValue));
        return rows.toString();
    }

    private void tags() {
        String region = ENV.get("STRONGROOM_REGION");
        suite.run("TagResource", "adds and overwrites", () -> {
            sdk.tagResource(new TagResourceRequest().setSecretName(name)
                .setTags("[{\"TagKey\":\"env\",\"TagValue\":\"prod\"},{\"TagKey\":\"a\",\"TagValue\":\"b\"}]"));
            equal(tagRows(), "[a=b, env=prod]", "tags");
        });
        suite.run("UntagResource", "removes", () -> {
            sdk.untagResource(new UntagResourceRequest().setSecretName(name).setTagKeys("[\"a\"]"));
            equal(tagRows(), "[env=prod]", "tags");
        });
        suite.run("TagResources", "adds", () -> sdk.tagResources(new TagResourcesRequest().setRegionId(region)
            .setResourceType("secret").setResourceId(List.of(name)).setTag(List.of(
                new TagResourcesRequest.TagResourcesRequestTag().setKey("c").setValue("d")))));
        suite.run("ListTagResources", "lists", () -> equal(tagRows(), "[c=d, env=prod]", "tags"));
        suite.run("UntagResources", "removes", () -> {
            sdk.untagResources(new UntagResourcesRequest().setRegionId(region).setResourceType("secret")
                .setResourceId(List.of(name)).setTagKey(List.of("c")));
            equal(tagRows(), "[env=prod]", "tags");
        });
    }

    private void deleteAndRestore() {
        suite.run("DeleteSecret", "into the recovery window", () -> {
            String planned = sdk.deleteSecret(new DeleteSecretRequest().setSecretName(name)
                .setRecoveryWindowInDays("7")).body.plannedDeleteTime;
            holds(planned.matches(TIME), "PlannedDeleteTime " + planned);
            refused("Rejected.ResourceInDeleteWindow", 409, () -> value(null));
        });
        suite.run("RestoreSecret", "brings it back, once", () -> {
            sdk.restoreSecret(new RestoreSecretRequest().setSecretName(name));
            equal(value(null).secretData, "three", "value");
            refused("Rejected.ResourceInUse", 409, () -> sdk.restoreSecret(new RestoreSecretRequest().setSecretName(name)));
        });
        suite.run("DeleteSecret", "at once", () -> {
            sdk.deleteSecret(new DeleteSecretRequest().setSecretName(name).setForceDeleteWithoutRecovery("true"));
            refused("Forbidden.ResourceNotFound", 404, () -> sdk.describeSecret(new DescribeSecretRequest().setSecretName(name)));
        });
    }

    private void keys() {
        suite.run("CreateKey", "AES-256 by default", () -> {
            CreateKeyResponseBody.CreateKeyResponseBodyKeyMetadata meta =
                sdk.createKey(new CreateKeyRequest().setDescription("e2e")).body.keyMetadata;
            key = meta.keyId;
            equal(meta.keyState, "Enabled", "KeyState");
            equal(meta.keySpec, "Aliyun_AES_256", "KeySpec");
        });
        suite.run("DescribeKey", "by id", () -> {
            equal(sdk.describeKey(new DescribeKeyRequest().setKeyId(key)).body.keyMetadata.description, "e2e", "Description");
            refused("Forbidden.KeyNotFound", 404,
                () -> sdk.describeKey(new DescribeKeyRequest().setKeyId(UUID.randomUUID().toString())));
        });
        suite.run("ListKeys", "counts",
            () -> holds(sdk.listKeys(new ListKeysRequest().setPageSize(1)).body.totalCount >= 1, "TotalCount"));
        suite.run("Encrypt", "and Decrypt need the same context", () -> {
            String blob = sdk.encrypt(new EncryptRequest().setKeyId(key).setPlaintext(HARD)
                .setEncryptionContext(Map.of("app", "e2e"))).body.ciphertextBlob;
            equal(sdk.decrypt(new DecryptRequest().setCiphertextBlob(blob)
                .setEncryptionContext(Map.of("app", "e2e"))).body.plaintext, HARD, "Plaintext");
            refused("InvalidParameter", 400, () -> sdk.decrypt(new DecryptRequest().setCiphertextBlob(blob)));
        });
        suite.run("Decrypt", "garbage",
            () -> refused("InvalidParameter", 400, () -> sdk.decrypt(new DecryptRequest().setCiphertextBlob("AAAA"))));
        suite.run("GenerateDataKey", "decrypts to the same text", () -> {
            GenerateDataKeyResponseBody body = sdk.generateDataKey(new GenerateDataKeyRequest().setKeyId(key)).body;
            equal(Base64.getDecoder().decode(body.plaintext).length, 32, "length");
            equal(sdk.decrypt(new DecryptRequest().setCiphertextBlob(body.ciphertextBlob)).body.plaintext, body.plaintext, "text");
        });
        keyStates();
    }

    private void keyStates() {
        String keyed = name + "/keyed";
        GetSecretValueRequest read = new GetSecretValueRequest().setSecretName(keyed);
        suite.run("DisableKey", "makes its secrets unreadable", () -> {
            sdk.createSecret(new CreateSecretRequest().setSecretName(keyed).setVersionId("v1").setSecretData("x")
                .setEncryptionKeyId(key));
            sdk.disableKey(new DisableKeyRequest().setKeyId(key));
            refused("Rejected.Disabled", 409, () -> sdk.getSecretValue(read));
        });
        suite.run("EnableKey", "makes them readable", () -> {
            sdk.enableKey(new EnableKeyRequest().setKeyId(key));
            equal(sdk.getSecretValue(read).body.secretData, "x", "value");
        });
        suite.run("ScheduleKeyDeletion", "makes them unreadable", () -> {
            sdk.scheduleKeyDeletion(new ScheduleKeyDeletionRequest().setKeyId(key).setPendingWindowInDays(7));
            refused("Rejected.PendingDeletion", 409, () -> sdk.getSecretValue(read));
        });
        suite.run("CancelKeyDeletion", "makes them readable", () -> {
            sdk.cancelKeyDeletion(new CancelKeyDeletionRequest().setKeyId(key));
            equal(sdk.getSecretValue(read).body.secretData, "x", "value");
            sdk.deleteSecret(new DeleteSecretRequest().setSecretName(keyed).setForceDeleteWithoutRecovery("true"));
        });
    }

    public static void main(String[] args) throws Exception {
        Kms20160120 life = new Kms20160120();
        life.createAndRead();
        life.versions();
        life.tags();
        life.deleteAndRestore();
        life.keys();
        new KeyLife(life.suite, life.sdk).run();
        life.suite.finish();
    }
}
