package e2e;

import static e2e.Suite.equal;
import static e2e.Suite.holds;

import com.aliyun.dkms.gcs.openapi.models.Config;
import com.aliyun.dkms.gcs.sdk.Client;
import com.aliyun.dkms.gcs.sdk.models.AdvanceDecryptRequest;
import com.aliyun.dkms.gcs.sdk.models.AdvanceEncryptRequest;
import com.aliyun.dkms.gcs.sdk.models.DecryptRequest;
import com.aliyun.dkms.gcs.sdk.models.EncryptRequest;
import com.aliyun.dkms.gcs.sdk.models.EncryptResponse;
import com.aliyun.dkms.gcs.sdk.models.GetSecretValueRequest;
import com.aliyun.dkms.gcs.sdk.models.SignRequest;
import com.aliyun.dkms.gcs.sdk.models.VerifyRequest;
import com.aliyun.kms.KmsTransferAcsClient;
import com.aliyun.tea.TeaException;
import com.aliyuncs.http.HttpClientConfig;
import com.aliyuncs.kms.model.v20160120.AsymmetricDecryptRequest;
import com.aliyuncs.kms.model.v20160120.AsymmetricEncryptRequest;
import com.aliyuncs.kms.model.v20160120.AsymmetricEncryptResponse;
import com.aliyuncs.kms.model.v20160120.AsymmetricSignRequest;
import com.aliyuncs.kms.model.v20160120.AsymmetricSignResponse;
import com.aliyuncs.kms.model.v20160120.AsymmetricVerifyRequest;
import com.aliyuncs.kms.model.v20160120.GenerateDataKeyWithoutPlaintextRequest;
import com.aliyuncs.kms.model.v20160120.GetPublicKeyRequest;
import com.aliyuncs.kms.model.v20160120.GetPublicKeyResponse;
import com.aliyuncs.kms.secretsmanager.client.SecretCacheClient;
import com.aliyuncs.kms.secretsmanager.client.SecretCacheClientBuilder;
import com.aliyuncs.profile.DefaultProfile;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * Clients of a KMS instance with a client key: the Instance API, the transfer SDK, and the caching secrets client in both
 * meanings of a client key. What they work with comes from the environment (instance_clients.py).
 */
public final class InstanceApi {
    private static String env(String name) {
        return System.getenv("E2E_" + name);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static Config config() {
        return new Config().setProtocol("https").setEndpoint(env("ENDPOINT")).setClientKeyFile(env("CLIENT_KEY_FILE"))
            .setPassword(env("PASSWORD")).setCaFilePath(System.getenv("STRONGROOM_INSTANCE_CA_FILE"));
    }

    private static void instanceApi(Suite suite) throws Exception {
        Client client = new Client(config());
        suite.run("GetSecretValue", "its value", () -> equal(
            client.getSecretValue(new GetSecretValueRequest().setSecretName(env("SECRET"))).getSecretData(), env("VALUE"), "value"));
        suite.run("GetSecretValue", "a secret that is not there", () -> {
            try {
                client.getSecretValue(new GetSecretValueRequest().setSecretName("e2e/nowhere"));
            } catch (TeaException error) {
                equal(error.getCode(), "Forbidden.ResourceNotFound", "code");
                return;
            }
            throw new AssertionError("succeeded");
        });
        suite.run("Encrypt", "opens again", () -> {
            EncryptResponse made = client.encrypt(new EncryptRequest().setKeyId(env("KEY")).setPlaintext(bytes("plain")).setAad(
                bytes("a")));
            byte[] opened = client.decrypt(new DecryptRequest().setKeyId(env("KEY")).setCiphertextBlob(made.getCiphertextBlob())
                .setIv(made.getIv()).setAad(bytes("a"))).getPlaintext();
            equal(new String(opened, StandardCharsets.UTF_8), "plain", "plaintext");
        });
        suite.run("AdvanceEncrypt", "opens again without a KeyId", () -> {
            byte[] blob = client.advanceEncrypt(new AdvanceEncryptRequest().setKeyId(env("KEY")).setPlaintext(bytes("plain")))
                .getCiphertextBlob();
            byte[] opened = client.advanceDecrypt(new AdvanceDecryptRequest().setCiphertextBlob(blob)).getPlaintext();
            equal(new String(opened, StandardCharsets.UTF_8), "plain", "plaintext");
        });
        suite.run("Sign", "RSA_2048, verified", () -> {
            byte[] signature = client.sign(new SignRequest().setKeyId(env("SIGN_KEY")).setMessage(bytes("message")).setAlgorithm(
                "RSA_PSS_SHA_256").setMessageType("RAW")).getSignature();
            holds(client.verify(new VerifyRequest().setKeyId(env("SIGN_KEY")).setMessage(bytes("message")).setSignature(signature)
                .setAlgorithm("RSA_PSS_SHA_256").setMessageType("RAW")).getValue(), "verified");
        });
        new InstanceActions(client, suite).run();
    }

    private static void transferred(Suite suite) throws Exception {
        DefaultProfile profile = DefaultProfile.getProfile("cn-hangzhou", "PRETEND_AK", "PRETEND_SK");
        profile.setHttpClientConfig(HttpClientConfig.getDefault());
        KmsTransferAcsClient client = new KmsTransferAcsClient(profile, config());
        suite.run("GetSecretValue", "its value", () -> {
            com.aliyuncs.kms.model.v20160120.GetSecretValueRequest request =
                new com.aliyuncs.kms.model.v20160120.GetSecretValueRequest();
            request.setSecretName(env("SECRET"));
            equal(client.getAcsResponse(request).getSecretData(), env("VALUE"), "value");
        });
        suite.run("Encrypt", "and Decrypt without a KeyId", () -> {
            com.aliyuncs.kms.model.v20160120.EncryptRequest request = new com.aliyuncs.kms.model.v20160120.EncryptRequest();
            request.setKeyId(env("KEY"));
            request.setPlaintext("over there");
            request.setEncryptionContext("{\"b\":\"2\",\"a\":\"1\"}");
            String blob = client.getAcsResponse(request).getCiphertextBlob();
            com.aliyuncs.kms.model.v20160120.DecryptRequest back = new com.aliyuncs.kms.model.v20160120.DecryptRequest();
            back.setCiphertextBlob(blob);
            back.setEncryptionContext("{\"b\":\"2\",\"a\":\"1\"}");
            equal(client.getAcsResponse(back).getPlaintext(), "over there", "plaintext");
        });
        suite.run("GenerateDataKey", "opens again", () -> {
            com.aliyuncs.kms.model.v20160120.GenerateDataKeyRequest request =
                new com.aliyuncs.kms.model.v20160120.GenerateDataKeyRequest();
            request.setKeyId(env("KEY"));
            request.setNumberOfBytes(32);
            com.aliyuncs.kms.model.v20160120.GenerateDataKeyResponse made = client.getAcsResponse(request);
            com.aliyuncs.kms.model.v20160120.DecryptRequest back = new com.aliyuncs.kms.model.v20160120.DecryptRequest();
            back.setCiphertextBlob(made.getCiphertextBlob());
            equal(client.getAcsResponse(back).getPlaintext(), made.getPlaintext(), "data key");
            equal(Base64.getDecoder().decode(made.getPlaintext()).length, 32, "length");
        });
        transferredAsymmetric(suite, client);
    }

    private static void transferredAsymmetric(Suite suite, KmsTransferAcsClient client) {
        String digest = Base64.getEncoder().encodeToString(new byte[32]);
        suite.run("AsymmetricSign", "verified", () -> {
            AsymmetricSignRequest request = new AsymmetricSignRequest();
            request.setKeyId(env("SIGN_KEY"));
            request.setAlgorithm("RSA_PSS_SHA_256");
            request.setDigest(digest);
            AsymmetricSignResponse made = client.getAcsResponse(request);
            AsymmetricVerifyRequest back = new AsymmetricVerifyRequest();
            back.setKeyId(env("SIGN_KEY"));
            back.setKeyVersionId(made.getKeyVersionId());
            back.setAlgorithm("RSA_PSS_SHA_256");
            back.setDigest(digest);
            back.setValue(made.getValue());
            holds(client.getAcsResponse(back).getValue(), "verified");
        });
        suite.run("AsymmetricEncrypt", "opens again", () -> {
            AsymmetricEncryptRequest request = new AsymmetricEncryptRequest();
            request.setKeyId(env("RSA_KEY"));
            request.setAlgorithm("RSAES_OAEP_SHA_256");
            request.setPlaintext(digest);
            AsymmetricEncryptResponse made = client.getAcsResponse(request);
            AsymmetricDecryptRequest back = new AsymmetricDecryptRequest();
            back.setKeyId(env("RSA_KEY"));
            back.setKeyVersionId(made.getKeyVersionId());
            back.setAlgorithm("RSAES_OAEP_SHA_256");
            back.setCiphertextBlob(made.getCiphertextBlob());
            equal(client.getAcsResponse(back).getPlaintext(), digest, "plaintext");
        });
        suite.run("GetPublicKey", "a PEM text and its version", () -> {
            GetPublicKeyRequest request = new GetPublicKeyRequest();
            request.setKeyId(env("SIGN_KEY"));
            GetPublicKeyResponse made = client.getAcsResponse(request);
            holds(made.getPublicKey().startsWith("-----BEGIN PUBLIC KEY-----"), "PEM");
            equal(made.getKeyVersionId().length(), 36, "version");
        });
        suite.run("GenerateDataKeyWithoutPlaintext", "opens", () -> {
            GenerateDataKeyWithoutPlaintextRequest request = new GenerateDataKeyWithoutPlaintextRequest();
            request.setKeyId(env("KEY"));
            com.aliyuncs.kms.model.v20160120.DecryptRequest back = new com.aliyuncs.kms.model.v20160120.DecryptRequest();
            back.setCiphertextBlob(client.getAcsResponse(request).getCiphertextBlob());
            equal(Base64.getDecoder().decode(client.getAcsResponse(back).getPlaintext()).length, 32, "length");
        });
    }

    /** Configured by the environment alone, as the client's manual shows. */
    private static void cached(Suite suite) {
        suite.run("GetSecretValue", "client key: " + env("WAY"), () -> {
            SecretCacheClient client = SecretCacheClientBuilder.newClient();
            equal(client.getStringValue(env("SECRET")), env("VALUE"), "value");
            client.close();
        });
    }

    public static void main(String[] args) throws Exception {
        if (args[0].equals("secrets")) {
            Suite suite = new Suite("java secretsmanager-client");
            cached(suite);
            suite.finish();
        }
        if (args[0].equals("kms-sdk")) {
            new KmsInstanceSdk(config()).run();
        }
        if (args[0].equals("transfer")) {
            Suite suite = new Suite("java dkms-transfer");
            transferred(suite);
            suite.finish();
        }
        Suite suite = new Suite("java dkms-gcs");
        instanceApi(suite);
        suite.finish();
    }
}
