package e2e;

import static e2e.Suite.equal;
import static e2e.Suite.holds;
import static e2e.Tea.refused;

import com.aliyun.kms20160120.Client;
import com.aliyun.kms20160120.models.*;
import java.nio.charset.StandardCharsets;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import javax.crypto.Cipher;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;

/** Actions on keys beyond the secrets' needs, checked against Java's own cryptography. */
final class KeyLife {
    private static final byte[] MESSAGE = "message".getBytes(StandardCharsets.UTF_8);

    private final Suite suite;
    private final Client sdk;
    private String version;
    private String kept;

    KeyLife(Suite suite, Client sdk) {
        this.suite = suite;
        this.sdk = sdk;
    }

    void run() throws Exception {
        aliasesAndVersions();
        imports();
        signatures();
        asymmetricEncryption();
    }

    private static String b64(byte[] data) {
        return Base64.getEncoder().encodeToString(data);
    }

    private String create(CreateKeyRequest request) throws Exception {
        String key = sdk.createKey(request).body.keyMetadata.keyId;
        version = sdk.listKeyVersions(new ListKeyVersionsRequest().setKeyId(key)).body.keyVersions.keyVersion.get(0).keyVersionId;
        return key;
    }

    private void drop(String key) throws Exception {
        sdk.scheduleKeyDeletion(new ScheduleKeyDeletionRequest().setKeyId(key).setPendingWindowInDays(7));
    }

    private EncryptResponseBody encrypt(String key) throws Exception {
        return sdk.encrypt(new EncryptRequest().setKeyId(key).setPlaintext("text")).body;
    }

    private void aliasesAndVersions() throws Exception {
        String key = create(new CreateKeyRequest());
        String alias = "alias/e2e-" + key.substring(0, 8);
        suite.run("CreateAlias", "names the key", () -> {
            sdk.createAlias(new CreateAliasRequest().setKeyId(key).setAliasName(alias));
            equal(encrypt(alias).keyId, key, "KeyId");
            refused("AliasAlreadyExists", () -> sdk.createAlias(new CreateAliasRequest().setKeyId(key).setAliasName(alias)));
        });
        suite.run("ListAliases", "counts",
            () -> holds(sdk.listAliases(new ListAliasesRequest()).body.totalCount >= 1, "TotalCount"));
        suite.run("ListAliasesByKeyId", "holds it alone", () -> equal(sdk.listAliasesByKeyId(
            new ListAliasesByKeyIdRequest().setKeyId(key)).body.aliases.alias.get(0).aliasName, alias, "AliasName"));
        suite.run("UpdateAlias", "to the same key",
            () -> sdk.updateAlias(new UpdateAliasRequest().setKeyId(key).setAliasName(alias)));
        suite.run("DeleteAlias", "takes it away", () -> {
            sdk.deleteAlias(new DeleteAliasRequest().setAliasName(alias));
            refused("Forbidden.AliasNotFound", () -> encrypt(alias));
        });
        suite.run("CreateKeyVersion", "keeps old blobs readable", () -> {
            String blob = encrypt(key).ciphertextBlob;
            String next = sdk.createKeyVersion(new CreateKeyVersionRequest().setKeyId(key)).body.keyVersion.keyVersionId;
            equal(encrypt(key).keyVersionId, next, "KeyVersionId");
            equal(sdk.decrypt(new DecryptRequest().setCiphertextBlob(blob)).body.plaintext, "text", "Plaintext");
        });
        suite.run("UpdateRotationPolicy", "on", () -> {
            sdk.updateRotationPolicy(new UpdateRotationPolicyRequest().setKeyId(key).setEnableAutomaticRotation(true)
                .setRotationInterval("30d"));
            equal(sdk.describeKey(new DescribeKeyRequest().setKeyId(key)).body.keyMetadata.automaticRotation, "Enabled", "rotation");
        });
        suite.run("ReEncrypt", "to itself", () -> {
            String moved = sdk.reEncrypt(new ReEncryptRequest().setCiphertextBlob(encrypt(key).ciphertextBlob)
                .setDestinationKeyId(key)).body.ciphertextBlob;
            equal(sdk.decrypt(new DecryptRequest().setCiphertextBlob(moved)).body.plaintext, "text", "Plaintext");
        });
        drop(key);
    }

    private void imports() throws Exception {
        String key = sdk.createKey(new CreateKeyRequest().setOrigin("EXTERNAL")).body.keyMetadata.keyId;
        ImportKeyMaterialRequest given = new ImportKeyMaterialRequest().setKeyId(key).setKeyMaterialExpireUnix(0L);
        suite.run("GetParametersForImport", "a key to wrap with", () -> {
            GetParametersForImportResponseBody body = sdk.getParametersForImport(new GetParametersForImportRequest()
                .setKeyId(key).setWrappingKeySpec("RSA_2048").setWrappingAlgorithm("RSAES_OAEP_SHA_256")).body;
            PublicKey half = KeyFactory.getInstance("RSA")
                .generatePublic(new X509EncodedKeySpec(Base64.getDecoder().decode(body.publicKey)));
            Cipher cipher = Cipher.getInstance("RSA/ECB/OAEPPadding");
            cipher.init(Cipher.ENCRYPT_MODE, half, new OAEPParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256,
                PSource.PSpecified.DEFAULT));
            given.setImportToken(body.importToken).setEncryptedKeyMaterial(b64(cipher.doFinal(new byte[32])));
        });
        suite.run("ImportKeyMaterial", "and again with the same token", () -> {
            sdk.importKeyMaterial(given);
            encrypt(key);
            sdk.importKeyMaterial(given);
        });
        suite.run("DeleteKeyMaterial", "leaves it unusable", () -> {
            sdk.deleteKeyMaterial(new DeleteKeyMaterialRequest().setKeyId(key));
            refused("Rejected.PendingImport", () -> encrypt(key));
        });
        drop(key);
    }

    private void signatures() throws Exception {
        String[][] kinds = {{"RSA_2048", "RSA_PKCS1_SHA_256", "RSA", "SHA256withRSA"},
            {"EC_P256", "ECDSA_SHA_256", "EC", "SHA256withECDSA"}};
        String digest = b64(java.security.MessageDigest.getInstance("SHA-256").digest(MESSAGE));
        for (String[] kind : kinds) {
            String key = create(new CreateKeyRequest().setKeySpec(kind[0]).setKeyUsage("SIGN/VERIFY"));
            suite.run("AsymmetricSign", kind[0], () -> {
                kept = sdk.asymmetricSign(new AsymmetricSignRequest().setKeyId(key).setKeyVersionId(version)
                    .setAlgorithm(kind[1]).setDigest(digest)).body.value;
            });
            suite.run("GetPublicKey", kind[0] + " verifies it", () -> {
                String pem = sdk.getPublicKey(new GetPublicKeyRequest().setKeyId(key).setKeyVersionId(version)).body.publicKey;
                byte[] der = Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", ""));
                Signature check = Signature.getInstance(kind[3]);
                check.initVerify(KeyFactory.getInstance(kind[2]).generatePublic(new X509EncodedKeySpec(der)));
                check.update(MESSAGE);
                holds(check.verify(Base64.getDecoder().decode(kept)), "signature");
            });
            suite.run("AsymmetricVerify", kind[0], () -> equal(sdk.asymmetricVerify(new AsymmetricVerifyRequest()
                .setKeyId(key).setKeyVersionId(version).setAlgorithm(kind[1]).setDigest(digest).setValue(kept)).body.value,
                true, "Value"));
            drop(key);
        }
    }

    private void asymmetricEncryption() throws Exception {
        String key = create(new CreateKeyRequest().setKeySpec("RSA_2048").setKeyUsage("ENCRYPT/DECRYPT"));
        String text = b64(MESSAGE);
        suite.run("AsymmetricEncrypt", "a blob", () -> {
            kept = sdk.asymmetricEncrypt(new AsymmetricEncryptRequest().setKeyId(key).setKeyVersionId(version)
                .setAlgorithm("RSAES_OAEP_SHA_256").setPlaintext(text)).body.ciphertextBlob;
        });
        suite.run("AsymmetricDecrypt", "gives it back", () -> equal(sdk.asymmetricDecrypt(new AsymmetricDecryptRequest()
            .setKeyId(key).setKeyVersionId(version).setAlgorithm("RSAES_OAEP_SHA_256").setCiphertextBlob(kept)).body.plaintext,
            text, "Plaintext"));
        drop(key);
    }
}
