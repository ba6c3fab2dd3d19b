'use strict';
// Actions on keys beyond the secrets' needs, checked against Node's own crypto. For the adapters of lifecycle.js.

const assert = require('assert');
const crypto = require('crypto');

const b64 = (data) => Buffer.from(data).toString('base64');
const DIGEST = crypto.createHash('sha256').update('message').digest('base64');
const OAEP = { padding: crypto.constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };

class KeyLife {
  constructor(life) { this.life = life; this.api = life.api; }

  case(action, what, body) { return this.life.case(action, what, body); }

  call(action, parameters) { return this.life.call(action, parameters); }

  refused(code, action, parameters) { return this.life.refused(code, action, parameters); }

  async create(parameters = {}) {
    const { KeyId } = (await this.call('CreateKey', parameters)).KeyMetadata;
    const KeyVersionId = (await this.call('ListKeyVersions', { KeyId })).KeyVersions.KeyVersion[0].KeyVersionId;
    return { KeyId, KeyVersionId };
  }

  drop({ KeyId }) { return this.call('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 }); }

  async run() {
    if (!this.api.knows('ListKeyVersions')) return;
    await this.aliasesAndVersions();
    await this.imports();
    await this.pairs();
    await this.exports();
  }

  async aliasesAndVersions() {
    const key = await this.create();
    const { KeyId } = key;
    const AliasName = `alias/e2e-${KeyId.slice(0, 8)}`;
    await this.case('CreateAlias', 'names the key', async () => {
      await this.call('CreateAlias', { KeyId, AliasName });
      await this.refused('AliasAlreadyExists', 'CreateAlias', { KeyId, AliasName });
      assert.strictEqual((await this.call('DescribeKey', { KeyId: AliasName })).KeyMetadata.KeyId, KeyId);
    });
    await this.case('ListAliases', 'holds it', async () => {
      const rows = (await this.call('ListAliases', { PageSize: 100 })).Aliases.Alias;
      assert.ok(rows.some((r) => r.AliasName === AliasName && r.KeyId === KeyId));
    });
    await this.case('ListAliasesByKeyId', 'holds it alone', async () => {
      const rows = (await this.call('ListAliasesByKeyId', { KeyId })).Aliases.Alias;
      assert.deepStrictEqual(rows.map((r) => r.AliasName), [AliasName]);
    });
    await this.case('UpdateAlias', 'to the same key', () => this.call('UpdateAlias', { KeyId, AliasName }));
    await this.case('DeleteAlias', 'takes it away', async () => {
      await this.call('DeleteAlias', { AliasName });
      await this.refused('Forbidden.AliasNotFound', 'DescribeKey', { KeyId: AliasName });
    });
    await this.case('UpdateKeyDescription', 'shows', async () => {
      await this.call('UpdateKeyDescription', { KeyId, Description: 'other' });
      assert.strictEqual((await this.call('DescribeKey', { KeyId })).KeyMetadata.Description, 'other');
    });
    await this.case('CreateKeyVersion', 'is listed and described', async () => {
      const { KeyVersionId } = (await this.call('CreateKeyVersion', { KeyId })).KeyVersion;
      assert.strictEqual((await this.call('DescribeKeyVersion', { KeyId, KeyVersionId })).KeyVersion.KeyVersionId, KeyVersionId);
      assert.strictEqual((await this.call('ListKeyVersions', { KeyId })).TotalCount, 2);
    });
    await this.case('UpdateRotationPolicy', 'on', async () => {
      await this.call('UpdateRotationPolicy', { KeyId, EnableAutomaticRotation: true, RotationInterval: '30d' });
      assert.strictEqual((await this.call('DescribeKey', { KeyId })).KeyMetadata.AutomaticRotation, 'Enabled');
    });
    await this.case('GenerateDataKeyWithoutPlaintext', 'decrypts', async () => {
      const answer = await this.call('GenerateDataKeyWithoutPlaintext', { KeyId });
      assert.ok(!answer.Plaintext);
      const opened = await this.call('Decrypt', { CiphertextBlob: answer.CiphertextBlob });
      assert.strictEqual(Buffer.from(opened.Plaintext, 'base64').length, 32);
    });
    await this.case('ReEncrypt', 'to itself', async () => {
      const { CiphertextBlob } = await this.call('Encrypt', { KeyId, Plaintext: 'x' });
      const moved = await this.call('ReEncrypt', { CiphertextBlob, DestinationKeyId: KeyId });
      assert.strictEqual((await this.call('Decrypt', { CiphertextBlob: moved.CiphertextBlob })).Plaintext, 'x');
    });
    await this.drop(key);
  }

  async imports() {
    if (!this.api.knows('GetParametersForImport')) return;
    const { KeyId } = (await this.call('CreateKey', { Origin: 'EXTERNAL' })).KeyMetadata;
    const wrapping = { WrappingKeySpec: 'RSA_2048', WrappingAlgorithm: 'RSAES_OAEP_SHA_256' };
    let given;
    await this.case('GetParametersForImport', 'a key to wrap with', async () => {
      const answer = await this.call('GetParametersForImport', { KeyId, ...wrapping });
      const key = crypto.createPublicKey({ key: Buffer.from(answer.PublicKey, 'base64'), format: 'der', type: 'spki' });
      given = {
        KeyId, ImportToken: answer.ImportToken, KeyMaterialExpireUnix: 0,
        EncryptedKeyMaterial: b64(crypto.publicEncrypt({ key, ...OAEP }, crypto.randomBytes(32))),
      };
    });
    await this.case('ImportKeyMaterial', 'and again with the same token', async () => {
      await this.call('ImportKeyMaterial', given);
      await this.call('Encrypt', { KeyId, Plaintext: 'x' });
      await this.call('ImportKeyMaterial', given);
    });
    await this.case('DeleteKeyMaterial', 'leaves it unusable', async () => {
      await this.call('DeleteKeyMaterial', { KeyId });
      await this.refused('Rejected.PendingImport', 'Encrypt', { KeyId, Plaintext: 'x' });
    });
    await this.drop({ KeyId });
  }

  async pairs() {
    if (!this.api.knows('AsymmetricSign')) return;
    for (const [KeySpec, Algorithm] of [['RSA_2048', 'RSA_PKCS1_SHA_256'], ['EC_P256', 'ECDSA_SHA_256'], ['EC_P256K', 'ECDSA_SHA_256']]) {
      const key = await this.create({ KeySpec, KeyUsage: 'SIGN/VERIFY' });
      let Value;
      await this.case('AsymmetricSign', KeySpec, async () => {
        Value = (await this.call('AsymmetricSign', { ...key, Algorithm, Digest: DIGEST })).Value;
        const pem = (await this.call('GetPublicKey', key)).PublicKey;
        assert.ok(crypto.verify('sha256', Buffer.from('message'), pem, Buffer.from(Value, 'base64')));
      });
      await this.case('GetPublicKey', KeySpec, async () => {
        assert.match((await this.call('GetPublicKey', key)).PublicKey, /^-----BEGIN PUBLIC KEY-----\n/);
      });
      await this.case('AsymmetricVerify', KeySpec, async () => {
        assert.strictEqual((await this.call('AsymmetricVerify', { ...key, Algorithm, Digest: DIGEST, Value })).Value, true);
        const Digest = b64(crypto.randomBytes(32));
        assert.strictEqual((await this.call('AsymmetricVerify', { ...key, Algorithm, Digest, Value })).Value, false);
      });
      await this.drop(key);
    }
    const key = await this.create({ KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT/DECRYPT' });
    const Algorithm = 'RSAES_OAEP_SHA_256';
    let CiphertextBlob;
    await this.case('AsymmetricEncrypt', 'a blob', async () => {
      CiphertextBlob = (await this.call('AsymmetricEncrypt', { ...key, Algorithm, Plaintext: b64('text') })).CiphertextBlob;
    });
    await this.case('AsymmetricDecrypt', 'gives it back', async () => {
      assert.strictEqual((await this.call('AsymmetricDecrypt', { ...key, Algorithm, CiphertextBlob })).Plaintext, b64('text'));
    });
    await this.drop(key);
  }

  async exports() {
    if (!this.api.knows('ExportDataKey')) return;
    const own = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
    const to = {
      PublicKeyBlob: b64(own.publicKey.export({ type: 'spki', format: 'der' })),
      WrappingKeySpec: 'RSA_2048', WrappingAlgorithm: 'RSAES_OAEP_SHA_256',
    };
    const open = (text) => crypto.privateDecrypt({ key: own.privateKey, ...OAEP }, Buffer.from(text, 'base64'));
    const key = await this.create();
    let answer;
    await this.case('GenerateAndExportDataKey', 'opens with our key', async () => {
      answer = await this.call('GenerateAndExportDataKey', { KeyId: key.KeyId, ...to });
      assert.strictEqual(open(answer.ExportedDataKey).length, 32);
    });
    await this.case('ExportDataKey', 'the same key', async () => {
      const again = await this.call('ExportDataKey', { CiphertextBlob: answer.CiphertextBlob, ...to });
      assert.deepStrictEqual(open(again.ExportedDataKey), open(answer.ExportedDataKey));
    });
    await this.drop(key);
  }
}

module.exports = { KeyLife };
