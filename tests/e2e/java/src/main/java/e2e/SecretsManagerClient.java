package e2e;

import static e2e.Suite.HARD;
import static e2e.Suite.equal;
import static e2e.Suite.holds;

import com.aliyun.kms20160120.Client;
import com.aliyun.kms20160120.models.CreateSecretRequest;
import com.aliyun.kms20160120.models.PutSecretValueRequest;
import com.aliyuncs.kms.secretsmanager.client.SecretCacheClient;
import com.aliyuncs.kms.secretsmanager.client.SecretCacheClientBuilder;
import com.aliyuncs.kms.secretsmanager.client.model.RegionInfo;
import com.aliyuncs.kms.secretsmanager.client.model.SecretInfo;
import com.aliyuncs.kms.secretsmanager.client.service.BaseSecretManagerClientBuilder;
import com.aliyuncs.kms.secretsmanager.client.service.FullJitterBackoffStrategy;
import java.util.Map;
import java.util.UUID;

/**
 * The caching secrets client, AccessKey mode: RPC v1 HMAC-SHA1, Format=XML, through the classic SDK core. It switches
 * certificate checking off for the shared gateway in its own code.
 */
public final class SecretsManagerClient {
    public static void main(String[] args) throws Exception {
        Map<String, String> env = System.getenv();
        Suite suite = new Suite("java secretsmanager-client");
        Client admin = Kms20160120.client(env.get("ALIBABA_CLOUD_ACCESS_KEY_SECRET"));
        String name = "e2e/java-secrets/" + UUID.randomUUID().toString().substring(0, 8);
        admin.createSecret(new CreateSecretRequest().setSecretName(name).setVersionId("v1").setSecretData(HARD));
        admin.createSecret(new CreateSecretRequest().setSecretName(name + "/bin").setVersionId("v1").setSecretData("AAEC")
            .setSecretDataType("binary"));

        SecretCacheClient client = SecretCacheClientBuilder.newCacheClientBuilder(BaseSecretManagerClientBuilder.standard()
                .withAccessKey(env.get("ALIBABA_CLOUD_ACCESS_KEY_ID"), env.get("ALIBABA_CLOUD_ACCESS_KEY_SECRET"))
                .addRegion(new RegionInfo(env.get("STRONGROOM_REGION"), false, env.get("STRONGROOM_ENDPOINT")))
                .withBackoffStrategy(new FullJitterBackoffStrategy(2, 100, 500)).build())
            .withSecretTTL(name, 3_600_000L).build();

        suite.run("GetSecretValue", "text value through the cache", () -> {
            SecretInfo info = client.getSecretInfo(name);
            equal(info.getSecretValue(), HARD, "value");
            equal(info.getVersionId(), "v1", "version");
            equal(info.getSecretDataType(), "text", "type");
            equal(info.getSecretType(), "Generic", "secret type");
        });
        suite.run("GetSecretValue", "binary value",
            () -> equal(client.getSecretInfo(name + "/bin").getSecretDataType(), "binary", "type"));
        suite.run("GetSecretValue", "cached until refreshed", () -> {
            admin.putSecretValue(new PutSecretValueRequest().setSecretName(name).setVersionId("v2").setSecretData("two"));
            equal(client.getStringValue(name), HARD, "cached");
            holds(client.refreshNow(name), "refresh");
            equal(client.getStringValue(name), "two", "refreshed");
        });
        suite.run("GetSecretValue", "absent secret", () -> {
            try {
                client.getSecretInfo(name + "-absent");
            } catch (Exception error) {
                Throwable cause = error;
                while (cause.getCause() != null) {
                    cause = cause.getCause();
                }
                holds(cause.toString().contains("Forbidden.ResourceNotFound"), "unexpected " + cause);
                return;
            }
            throw new AssertionError("succeeded");
        });
        client.close();
        suite.finish();
    }
}
