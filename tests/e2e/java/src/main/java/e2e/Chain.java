package e2e;

import static e2e.Suite.equal;
import static e2e.Suite.holds;

import com.aliyun.kms20160120.Client;
import com.aliyun.kms20160120.models.GetSecretValueRequest;
import com.aliyun.teaopenapi.models.Config;
import java.nio.file.Files;
import java.nio.file.Path;

/** The default credential chain of credentials-java: whatever it finds here reads the secret. Usage: Chain CASE */
public final class Chain {
    private Chain() {}

    public static void main(String[] arguments) {
        Suite suite = new Suite("java credentials");
        String way = arguments[0];
        suite.run(way.equals("oidc") ? "AssumeRoleWithOIDC" : "AssumeRole", "default chain: " + way, () -> {
            com.aliyun.credentials.Client found = new com.aliyun.credentials.Client();
            Client sdk = new Client(new Config().setCredential(found).setEndpoint(System.getenv("STRONGROOM_ENDPOINT"))
                .setProtocol("HTTPS").setRegionId("cn-hangzhou")
                .setCa(Files.readString(Path.of(System.getenv("STRONGROOM_CA_FILE")))));
            equal(sdk.getSecretValue(new GetSecretValueRequest().setSecretName("chain/secret")).body.secretData, "open sesame",
                "value");
            holds(found.getCredential().getAccessKeyId().startsWith("STS."), "temporary");
        });
        suite.finish();
    }
}
