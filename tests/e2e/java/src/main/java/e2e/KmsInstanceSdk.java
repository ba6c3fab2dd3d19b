package e2e;

import static e2e.Suite.equal;
import static e2e.Suite.holds;
import static e2e.Tea.refused;

import com.aliyun.kms20160120.Client;
import com.aliyun.kms20160120.models.*;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.KeyFactory;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/**
 * The vendor's SDK of KMS instances (alibabacloud-kms-java-sdk): its transfer client sends calls of the OpenAPI SDK over the Instance
 * API, in the advanced form of blobs and in the older one. It is run where STRONGROOM_KMS_SDK_JAR names its jar.
 */
final class KmsInstanceSdk {
    private static final String PACKAGE = "com.aliyun.kms.kms20160120.";

    private final Suite suite = new Suite("java kms-java-sdk");
    private final com.aliyun.dkms.gcs.openapi.models.Config common;

    KmsInstanceSdk(com.aliyun.dkms.gcs.openapi.models.Config common) {
        this.common = common;
    }

    private static String env(String name) {
        return System.getenv("E2E_" + name);
    }

    /** The SDK is not there when this is compiled; its client is one of the OpenAPI SDK too. */
    private Client client(boolean older) throws Exception {
        Class<?> type = Class.forName(PACKAGE + "model.KmsConfig");
        Object config = type.getConstructor().newInstance();
        com.aliyun.dkms.gcs.openapi.models.Config made = (com.aliyun.dkms.gcs.openapi.models.Config) config;
        made.setProtocol(common.getProtocol()).setEndpoint(common.getEndpoint()).setClientKeyFile(common.getClientKeyFile())
            .setPassword(common.getPassword()).setCaFilePath(common.getCaFilePath());
        type.getMethod("setForceLowVersionCryptoTransfer", boolean.class).invoke(config, older);
        return (Client) Class.forName(PACKAGE + "TransferClient").getConstructor(
            com.aliyun.dkms.gcs.openapi.models.Config.class).newInstance(made);
    }

    private void symmetric(Client sdk, String form, Map<String, String> context) {
        suite.run("Encrypt", form + ", and Decrypt by version", () -> {
            EncryptResponseBody made = sdk.encrypt(new EncryptRequest().setKeyId(env("KEY")).setPlaintext(Suite.HARD)
                .setEncryptionContext(context)).body;
            DecryptResponseBody opened = sdk.decrypt(new DecryptRequest().setCiphertextBlob(made.ciphertextBlob)
                .setEncryptionContext(context)).body;
            equal(List.of(opened.plaintext, opened.keyId, opened.keyVersionId),
                List.of(Suite.HARD, env("KEY"), made.keyVersionId), "plaintext, key, version");
        });
        suite.run("GenerateDataKey", form + ", opens again", () -> {
            GenerateDataKeyResponseBody made = sdk.generateDataKey(new GenerateDataKeyRequest().setKeyId(env("KEY"))
                .setKeySpec("AES_128")).body;
            equal(Base64.getDecoder().decode(made.plaintext).length, 16, "length");
            equal(sdk.decrypt(new DecryptRequest().setCiphertextBlob(made.ciphertextBlob)).body.plaintext, made.plaintext, "data key");
        });
        suite.run("GenerateDataKeyWithoutPlaintext", form + ", opens", () -> {
            String blob = sdk.generateDataKeyWithoutPlaintext(new GenerateDataKeyWithoutPlaintextRequest().setKeyId(env("KEY")))
                .body.ciphertextBlob;
            String opened = sdk.decrypt(new DecryptRequest().setCiphertextBlob(blob)).body.plaintext;
            equal(Base64.getDecoder().decode(opened).length, 32, "length");
        });
        suite.run("Decrypt", form + ", a damaged blob", () -> {
            byte[] blob = Base64.getDecoder().decode(sdk.encrypt(new EncryptRequest().setKeyId(env("KEY")).setPlaintext("x"))
                .body.ciphertextBlob);
            blob[blob.length - 1] ^= 1;
            refused("InternalFailure", () -> sdk.decrypt(
                new DecryptRequest().setCiphertextBlob(Base64.getEncoder().encodeToString(blob))));
        });
    }

    private void asymmetric(Client sdk, String form) {
        suite.run("AsymmetricSign", form + ", verified", () -> {
            String digest = Base64.getEncoder().encodeToString(
                MessageDigest.getInstance("SHA-256").digest("message".getBytes(StandardCharsets.UTF_8)));
            AsymmetricSignResponseBody made = sdk.asymmetricSign(new AsymmetricSignRequest().setKeyId(env("SIGN_KEY"))
                .setAlgorithm("RSA_PSS_SHA_256").setDigest(digest)).body;
            holds(sdk.asymmetricVerify(new AsymmetricVerifyRequest().setKeyId(env("SIGN_KEY")).setAlgorithm("RSA_PSS_SHA_256")
                .setKeyVersionId(made.keyVersionId).setDigest(digest).setValue(made.value)).body.value, "verified");
            refused("Forbidden.KeyNotFound", () -> sdk.asymmetricSign(new AsymmetricSignRequest().setKeyId(env("SIGN_KEY"))
                .setAlgorithm("RSA_PSS_SHA_256").setDigest(digest).setKeyVersionId("00000000-0000-4000-8000-000000000000")));
        });
        suite.run("AsymmetricEncrypt", form + ", opens again", () -> {
            String plain = Base64.getEncoder().encodeToString("plain".getBytes(StandardCharsets.UTF_8));
            AsymmetricEncryptResponseBody made = sdk.asymmetricEncrypt(new AsymmetricEncryptRequest().setKeyId(env("RSA_KEY"))
                .setAlgorithm("RSAES_OAEP_SHA_256").setPlaintext(plain)).body;
            equal(sdk.asymmetricDecrypt(new AsymmetricDecryptRequest().setKeyId(env("RSA_KEY")).setKeyVersionId(made.keyVersionId)
                .setAlgorithm("RSAES_OAEP_SHA_256").setCiphertextBlob(made.ciphertextBlob)).body.plaintext, plain, "plaintext");
        });
        suite.run("GetPublicKey", form, () -> {
            GetPublicKeyResponseBody made = sdk.getPublicKey(new GetPublicKeyRequest().setKeyId(env("SIGN_KEY"))).body;
            RSAPublicKey found = (RSAPublicKey) KeyFactory.getInstance("RSA").generatePublic(
                new X509EncodedKeySpec(InstanceActions.der(made.publicKey.getBytes(StandardCharsets.US_ASCII))));
            equal(found.getModulus().bitLength(), 2048, "bits");
            equal(sdk.getPublicKey(new GetPublicKeyRequest().setKeyId(env("SIGN_KEY")).setKeyVersionId(made.keyVersionId))
                .body.publicKey, made.publicKey, "the same version's");
        });
    }

    private void secrets(Client sdk, String form) {
        suite.run("GetSecretValue", form, () -> {
            GetSecretValueResponseBody found = sdk.getSecretValue(new GetSecretValueRequest().setSecretName(env("SECRET"))
                .setFetchExtendedConfig(true)).body;
            equal(List.of(found.secretName, found.secretData, found.versionStages.versionStage),
                List.of(env("SECRET"), env("VALUE"), List.of("ACSCurrent")), "secret");
        });
        suite.run("GetSecretValue", form + ", a secret that is not there", () -> refused("Forbidden.ResourceNotFound",
            () -> sdk.getSecretValue(new GetSecretValueRequest().setSecretName("e2e/nowhere"))));
    }

    void run() throws Exception {
        if (System.getenv().getOrDefault("STRONGROOM_KMS_SDK_JAR", "").isEmpty()) {
            suite.run("-", "left out: STRONGROOM_KMS_SDK_JAR names no jar", () -> {});
            suite.finish();
        }
        for (boolean older : new boolean[] {false, true}) {
            String form = older ? "older form" : "advanced";
            Client sdk = client(older);
            // In the older form the SDK's own releases do not agree on what a context becomes.
            symmetric(sdk, form, older ? null : Map.of("b", "2", "a", "1"));
            asymmetric(sdk, form);
            secrets(sdk, form);
        }
        suite.finish();
    }
}
