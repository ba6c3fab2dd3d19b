package e2e;

import static e2e.Suite.equal;
import static e2e.Suite.holds;

import com.aliyun.dkms.gcs.sdk.Client;
import com.aliyun.dkms.gcs.sdk.models.*;
import java.nio.charset.StandardCharsets;
import java.security.KeyFactory;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;

/** The actions of the Instance API that {@link InstanceApi} does not tell about itself: data keys, key pairs, public keys. */
final class InstanceActions {
    private final Client client;
    private final Suite suite;
    private final String key = System.getenv("E2E_KEY");
    private final String signKey = System.getenv("E2E_SIGN_KEY");
    private final byte[] context = "context".getBytes(StandardCharsets.UTF_8);

    InstanceActions(Client client, Suite suite) {
        this.client = client;
        this.suite = suite;
    }

    /** The key of a PEM text, or of DER. */
    static byte[] der(byte[] key) {
        String text = new String(key, StandardCharsets.ISO_8859_1);
        return text.startsWith("-----") ? Base64.getMimeDecoder().decode(text.replaceAll("-----[^-]*-----", "")) : key;
    }

    private static void pair(String algorithm, byte[] open, byte[] closed) throws Exception {
        KeyFactory factory = KeyFactory.getInstance(algorithm);
        holds(factory.generatePublic(new X509EncodedKeySpec(der(open))) != null, "public key");
        holds(factory.generatePrivate(new PKCS8EncodedKeySpec(der(closed))) != null, "private key");
    }

    private void keys() {
        suite.run("GenerateRandom", "as many bytes as asked for",
            () -> equal(client.generateRandom(new GenerateRandomRequest().setLength(64)).getRandom().length, 64, "length"));
        suite.run("GenerateDataKey", "opens again", () -> {
            GenerateDataKeyResponse made = client.generateDataKey(
                new GenerateDataKeyRequest().setKeyId(key).setNumberOfBytes(24).setAad(context));
            byte[] opened = client.decrypt(new DecryptRequest().setKeyId(key).setIv(made.getIv()).setAad(context)
                .setCiphertextBlob(made.getCiphertextBlob())).getPlaintext();
            equal(opened.length, 24, "length");
            holds(Arrays.equals(opened, made.getPlaintext()), "the same data key");
        });
        suite.run("AdvanceGenerateDataKey", "opens again without a KeyId", () -> {
            AdvanceGenerateDataKeyResponse made = client.advanceGenerateDataKey(
                new AdvanceGenerateDataKeyRequest().setKeyId(key).setNumberOfBytes(32).setAad(context));
            AdvanceDecryptResponse opened = client.advanceDecrypt(
                new AdvanceDecryptRequest().setCiphertextBlob(made.getCiphertextBlob()).setAad(context));
            holds(Arrays.equals(opened.getPlaintext(), made.getPlaintext()), "the same data key");
            equal(opened.getKeyVersionId(), made.getKeyVersionId(), "version");
        });
        suite.run("GetPublicKey", "an RSA key of 2048 bits", () -> {
            String pem = client.getPublicKey(new GetPublicKeyRequest().setKeyId(signKey)).getPublicKey();
            RSAPublicKey found = (RSAPublicKey) KeyFactory.getInstance("RSA").generatePublic(
                new X509EncodedKeySpec(der(pem.getBytes(StandardCharsets.US_ASCII))));
            equal(found.getModulus().bitLength(), 2048, "bits");
        });
    }

    private void pairs() {
        suite.run("GenerateDataKeyPair", "PEM, its private key opens again", () -> {
            GenerateDataKeyPairResponse made = client.generateDataKeyPair(new GenerateDataKeyPairRequest().setKeyId(key)
                .setAlgorithm("AES_GCM").setKeyPairSpec("EC_P256").setKeyFormat("PEM").setAad(context));
            pair("EC", made.getPublicKey(), made.getPrivateKeyPlaintext());
            byte[] opened = client.decrypt(new DecryptRequest().setKeyId(key).setIv(made.getIv()).setAad(context)
                .setAlgorithm("AES_GCM").setCiphertextBlob(made.getPrivateKeyCiphertextBlob())).getPlaintext();
            holds(Arrays.equals(opened, made.getPrivateKeyPlaintext()), "the same private key");
        });
        suite.run("GenerateDataKeyPairWithoutPlaintext", "DER, its private key opens", () -> {
            GenerateDataKeyPairWithoutPlaintextResponse made = client.generateDataKeyPairWithoutPlaintext(
                new GenerateDataKeyPairWithoutPlaintextRequest().setKeyId(key).setAlgorithm("AES_GCM").setKeyPairSpec("RSA_2048")
                    .setKeyFormat("DER"));
            pair("RSA", made.getPublicKey(), client.decrypt(new DecryptRequest().setKeyId(key).setIv(made.getIv())
                .setCiphertextBlob(made.getPrivateKeyCiphertextBlob())).getPlaintext());
        });
        suite.run("AdvanceGenerateDataKeyPair", "its private key opens again without a KeyId", () -> {
            AdvanceGenerateDataKeyPairResponse made = client.advanceGenerateDataKeyPair(
                new AdvanceGenerateDataKeyPairRequest().setKeyId(key).setKeyPairSpec("EC_P256").setKeyFormat("DER").setAad(context));
            pair("EC", made.getPublicKey(), made.getPrivateKeyPlaintext());
            byte[] opened = client.advanceDecrypt(new AdvanceDecryptRequest().setAad(context)
                .setCiphertextBlob(made.getPrivateKeyCiphertextBlob())).getPlaintext();
            holds(Arrays.equals(opened, made.getPrivateKeyPlaintext()), "the same private key");
        });
        suite.run("AdvanceGenerateDataKeyPairWithoutPlaintext", "its private key opens", () -> {
            AdvanceGenerateDataKeyPairWithoutPlaintextResponse made = client.advanceGenerateDataKeyPairWithoutPlaintext(
                new AdvanceGenerateDataKeyPairWithoutPlaintextRequest().setKeyId(key).setKeyPairSpec("EC_P256").setKeyFormat("PEM"));
            pair("EC", made.getPublicKey(), client.advanceDecrypt(new AdvanceDecryptRequest()
                .setCiphertextBlob(made.getPrivateKeyCiphertextBlob())).getPlaintext());
        });
    }

    void run() {
        keys();
        pairs();
    }
}
