'use strict';
// The whole life of a secret, of a key and of tags, through any client that knows the actions by name. An adapter has
// `client`, `knows(action)`, `call(action, parameters)` with the API's own names, and `code(error)`.

const assert = require('assert');
const crypto = require('crypto');
const { KeyLife } = require('./key_life');
const { Suite } = require('./report');

const HARD = 'p@ss w0rd+/=&~*!\'()"#?%\n中文😀<&>\\u0041';
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const REGION = process.env.STRONGROOM_REGION;
const ACCOUNT = process.env.STRONGROOM_ACCOUNT_ID;

class Life {
  constructor(adapter) {
    this.api = adapter;
    this.suite = new Suite(adapter.client);
    this.name = `e2e/${adapter.client.replace(/ /g, '-')}/${crypto.randomBytes(4).toString('hex')}`;
  }

  async call(action, parameters = {}) {
    const answer = await this.api.call(action, parameters);
    assert.ok(answer && typeof answer === 'object', `${action}: not an object`);
    assert.match(answer.RequestId || '', /^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$/);
    return answer;
  }

  async refused(code, action, parameters) {
    let answer;
    try {
      answer = await this.api.call(action, parameters);
    } catch (error) {
      assert.strictEqual(this.api.code(error), code, `${action}: ${error.message}`);
      return;
    }
    assert.fail(`${action} succeeded with ${JSON.stringify(answer)}, expected ${code}`);
  }

  async case(action, what, body) {
    if (this.api.knows(action)) await this.suite.case(action, what, body);
  }

  async run() {
    await this.createAndRead();
    await this.versions();
    await this.lists();
    await this.tags();
    await this.deleteAndRestore();
    await this.keys();
    await new KeyLife(this).run();
  }

  async createAndRead() {
    const SecretName = this.name;
    const arn = `acs:kms:${REGION}:${ACCOUNT}:secret/${SecretName}`;
    await this.case('DescribeRegions', 'names the region', async () => {
      const regions = (await this.call('DescribeRegions')).Regions.Region;
      assert.ok(regions.some((r) => r.RegionId === REGION));
    });
    await this.case('GetRandomPassword', 'length', async () => {
      const word = (await this.call('GetRandomPassword', { PasswordLength: '16', ExcludePunctuation: 'true' })).RandomPassword;
      assert.match(word, /^[A-Za-z0-9]{16}$/);
    });
    await this.case('CreateSecret', 'makes the first version current', async () => {
      const answer = await this.call('CreateSecret', {
        SecretName, VersionId: 'v1', SecretData: HARD, Description: 'first',
        Tags: '[{"TagKey":"env","TagValue":"dev"}]',
      });
      assert.strictEqual(answer.Arn, arn);
      assert.strictEqual(answer.SecretName, SecretName);
      assert.strictEqual(answer.VersionId, 'v1');
    });
    await this.case('CreateSecret', 'twice, or with a bad name', async () => {
      await this.refused('Rejected.ResourceExist', 'CreateSecret', { SecretName, VersionId: 'v1', SecretData: 'x' });
      await this.refused('InvalidParameter', 'CreateSecret', { SecretName: 'a b', VersionId: 'v1', SecretData: 'x' });
    });
    await this.case('GetSecretValue', 'hard characters come back', async () => {
      const answer = await this.call('GetSecretValue', { SecretName });
      assert.strictEqual(answer.SecretData, HARD);
      assert.strictEqual(answer.SecretDataType, 'text');
      assert.strictEqual(answer.VersionId, 'v1');
      assert.deepStrictEqual(plain(answer.VersionStages), { VersionStage: ['ACSCurrent'] });
      assert.match(answer.CreateTime, TIME);
    });
    await this.case('GetSecretValue', 'absent secret', () =>
      this.refused('Forbidden.ResourceNotFound', 'GetSecretValue', { SecretName: `${SecretName}-absent` }));
    await this.case('DescribeSecret', 'metadata and tags', async () => {
      const answer = await this.call('DescribeSecret', { SecretName, FetchTags: 'true' });
      assert.strictEqual(answer.Arn, arn);
      assert.strictEqual(answer.Description, 'first');
      assert.deepStrictEqual(plain(answer.Tags), { Tag: [{ TagKey: 'env', TagValue: 'dev' }] });
      assert.match(answer.CreateTime, TIME);
    });
    await this.case('UpdateSecret', 'changes the description', async () => {
      await this.call('UpdateSecret', { SecretName, Description: 'second' });
      assert.strictEqual((await this.call('DescribeSecret', { SecretName })).Description, 'second');
    });
  }

  async versions() {
    const SecretName = this.name;
    const value = async (selector = {}) => (await this.call('GetSecretValue', { SecretName, ...selector })).SecretData;
    await this.case('PutSecretValue', 'moves ACSCurrent and ACSPrevious', async () => {
      const answer = await this.call('PutSecretValue', { SecretName, VersionId: 'v2', SecretData: 'two' });
      assert.deepStrictEqual(plain(answer.VersionStages), { VersionStage: ['ACSCurrent'] });
      assert.strictEqual(await value(), 'two');
      assert.strictEqual(await value({ VersionStage: 'ACSPrevious' }), HARD);
    });
    await this.case('PutSecretValue', 'idempotent, conflict, custom label', async () => {
      await this.call('PutSecretValue', { SecretName, VersionId: 'v2', SecretData: 'two' });
      await this.refused('Rejected.ResourceExist', 'PutSecretValue', { SecretName, VersionId: 'v2', SecretData: 'x' });
      await this.call('PutSecretValue', { SecretName, VersionId: 'v3', SecretData: 'three', VersionStages: '["Next"]' });
      assert.strictEqual(await value(), 'two');
      assert.strictEqual(await value({ VersionStage: 'Next' }), 'three');
    });
    await this.case('UpdateSecretVersionStage', 'moves, removes, refuses', async () => {
      await this.call('UpdateSecretVersionStage', { SecretName, VersionStage: 'ACSCurrent', MoveToVersion: 'v3' });
      assert.strictEqual(await value(), 'three');
      assert.strictEqual(await value({ VersionStage: 'ACSPrevious' }), 'two');
      await this.call('UpdateSecretVersionStage', { SecretName, VersionStage: 'Next', RemoveFromVersion: 'v3' });
      await this.refused('Forbidden.ResourceNotFound', 'GetSecretValue', { SecretName, VersionStage: 'Next' });
      await this.refused('InvalidParameter', 'UpdateSecretVersionStage', { SecretName, VersionStage: 'Next' });
    });
    await this.case('BatchGetSecretValue', 'part succeeds, part fails', async () => {
      const answer = await this.call('BatchGetSecretValue', {
        SecretsList: JSON.stringify([{ SecretName }, { SecretName: `${SecretName}-absent` }]),
      });
      assert.deepStrictEqual(answer.SecretValues.map((v) => v.SecretData), ['three']);
      assert.deepStrictEqual(answer.Errors.map((e) => [e.Code, e.HttpStatus]), [['Forbidden.ResourceNotFound', 404]]);
    });
  }

  async lists() {
    const SecretName = this.name;
    await this.case('ListSecretVersionIds', 'hides unlabelled versions unless asked', async () => {
      const ids = async (more) => (await this.call('ListSecretVersionIds', { SecretName, ...more }))
        .VersionIds.VersionId.map((v) => v.VersionId).sort();
      assert.deepStrictEqual(await ids({}), ['v2', 'v3']);
      assert.deepStrictEqual(await ids({ IncludeDeprecated: 'true' }), ['v1', 'v2', 'v3']);
    });
    if (this.api.takes && !this.api.takes('ListSecrets', 'Filters')) {
      await this.case('ListSecrets', 'pages hold the secret', async () => {
        const names = [];
        for (let PageNumber = 1; ; PageNumber += 1) {
          const answer = await this.call('ListSecrets', { PageNumber, PageSize: 100, FetchTags: 'true' });
          names.push(...answer.SecretList.Secret.map((s) => s.SecretName));
          if (answer.SecretList.Secret.length < 100) break;
        }
        assert.ok(names.includes(SecretName));
      });
      return;
    }
    await this.case('ListSecrets', 'filter by name', async () => {
      const answer = await this.call('ListSecrets', {
        Filters: JSON.stringify([{ Key: 'SecretName', Values: [SecretName] }]), FetchTags: 'true',
      });
      assert.deepStrictEqual(answer.SecretList.Secret.map((s) => s.SecretName), [SecretName]);
      assert.strictEqual(answer.TotalCount, 1);
      assert.strictEqual(answer.PageNumber, 1);
      assert.strictEqual(answer.PageSize, 10);
    });
    await this.case('ListSecrets', 'empty list, bad page', async () => {
      const answer = await this.call('ListSecrets', {
        Filters: JSON.stringify([{ Key: 'SecretName', Values: [`no-${this.name}`] }]),
      });
      assert.deepStrictEqual(plain(answer.SecretList), { Secret: [] });
      await this.refused('InvalidParameter', 'ListSecrets', { PageNumber: 0 });
    });
  }

  async tags() {
    const SecretName = this.name;
    const tags = async () => ((await this.call('DescribeSecret', { SecretName, FetchTags: 'true' })).Tags.Tag || [])
      .map((t) => `${t.TagKey}=${t.TagValue}`).sort();
    await this.case('TagResource', 'adds and overwrites', async () => {
      await this.call('TagResource', { SecretName, Tags: '[{"TagKey":"env","TagValue":"prod"},{"TagKey":"a","TagValue":"b"}]' });
      assert.deepStrictEqual(await tags(), ['a=b', 'env=prod']);
    });
    await this.case('UntagResource', 'removes', async () => {
      await this.call('UntagResource', { SecretName, TagKeys: '["a"]' });
      assert.deepStrictEqual(await tags(), ['env=prod']);
    });
    await this.case('TagResources', 'adds by repeated parameters', async () => {
      const target = { RegionId: REGION, ResourceType: 'secret', 'ResourceId.1': SecretName };
      await this.call('TagResources', { ...target, 'Tag.1.Key': 'c', 'Tag.1.Value': 'd' });
      const rows = (await this.call('ListTagResources', target)).TagResources.TagResource;
      assert.ok(rows.some((r) => r.TagKey === 'c' && r.TagValue === 'd' && r.ResourceId === SecretName));
      await this.call('UntagResources', { ...target, 'TagKey.1': 'c' });
      assert.deepStrictEqual(await tags(), ['env=prod']);
    });
  }

  async deleteAndRestore() {
    const SecretName = this.name;
    await this.case('DeleteSecret', 'into the recovery window', async () => {
      const answer = await this.call('DeleteSecret', { SecretName, RecoveryWindowInDays: '7' });
      assert.match(answer.PlannedDeleteTime, TIME);
      assert.strictEqual((await this.call('DescribeSecret', { SecretName })).PlannedDeleteTime, answer.PlannedDeleteTime);
      await this.refused('Rejected.ResourceInDeleteWindow', 'GetSecretValue', { SecretName });
    });
    await this.case('RestoreSecret', 'brings it back, once', async () => {
      await this.call('RestoreSecret', { SecretName });
      assert.strictEqual((await this.call('GetSecretValue', { SecretName })).SecretData, 'three');
      await this.refused('Rejected.ResourceInUse', 'RestoreSecret', { SecretName });
    });
    await this.case('DeleteSecret', 'at once', async () => {
      await this.call('DeleteSecret', { SecretName, ForceDeleteWithoutRecovery: 'true' });
      await this.refused('Forbidden.ResourceNotFound', 'DescribeSecret', { SecretName });
    });
  }

  async keys() {
    const SecretName = `${this.name}/keyed`;
    let KeyId;
    await this.case('CreateKey', 'AES-256 by default', async () => {
      const meta = (await this.call('CreateKey', { Description: 'e2e' })).KeyMetadata;
      KeyId = meta.KeyId;
      assert.strictEqual(meta.KeyState, 'Enabled');
      assert.strictEqual(meta.KeyUsage, 'ENCRYPT/DECRYPT');
      assert.match(meta.CreationDate, TIME);
    });
    await this.case('DescribeKey', 'by id', async () => {
      assert.strictEqual((await this.call('DescribeKey', { KeyId })).KeyMetadata.Description, 'e2e');
      await this.refused('Forbidden.KeyNotFound', 'DescribeKey', { KeyId: crypto.randomUUID() });
    });
    await this.case('ListKeys', 'counts', async () => {
      const answer = await this.call('ListKeys', { PageSize: 1 });
      assert.strictEqual(answer.Keys.Key.length, 1);
      assert.ok(answer.TotalCount >= 1);
    });
    await this.case('Encrypt', 'and Decrypt give the text back', async () => {
      const EncryptionContext = '{"app":"e2e"}';
      const blob = (await this.call('Encrypt', { KeyId, Plaintext: HARD, EncryptionContext })).CiphertextBlob;
      const answer = await this.call('Decrypt', { CiphertextBlob: blob, EncryptionContext });
      assert.strictEqual(answer.Plaintext, HARD);
      assert.strictEqual(answer.KeyId, KeyId);
      await this.refused('InvalidParameter', 'Decrypt', { CiphertextBlob: blob });
    });
    await this.case('Decrypt', 'garbage', () => this.refused('InvalidParameter', 'Decrypt', { CiphertextBlob: 'AAAA' }));
    await this.case('GenerateDataKey', 'decrypts to the same text', async () => {
      const answer = await this.call('GenerateDataKey', { KeyId, KeySpec: 'AES_256' });
      assert.strictEqual(Buffer.from(answer.Plaintext, 'base64').length, 32);
      const opened = await this.call('Decrypt', { CiphertextBlob: answer.CiphertextBlob });
      assert.strictEqual(opened.Plaintext, answer.Plaintext);
    });
    await this.case('DisableKey', 'makes its secrets unreadable', async () => {
      await this.call('CreateSecret', { SecretName, VersionId: 'v1', SecretData: 'x', EncryptionKeyId: KeyId });
      await this.call('DisableKey', { KeyId });
      await this.refused('Rejected.Disabled', 'GetSecretValue', { SecretName });
    });
    await this.case('EnableKey', 'makes them readable', async () => {
      await this.call('EnableKey', { KeyId });
      assert.strictEqual((await this.call('GetSecretValue', { SecretName })).SecretData, 'x');
    });
    await this.case('ScheduleKeyDeletion', 'and CancelKeyDeletion', async () => {
      await this.call('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 });
      await this.refused('Rejected.PendingDeletion', 'GetSecretValue', { SecretName });
      await this.call('CancelKeyDeletion', { KeyId });
      assert.strictEqual((await this.call('GetSecretValue', { SecretName })).SecretData, 'x');
    });
    await this.case('CancelKeyDeletion', 'of a live key', () =>
      this.refused('Rejected.StateModifiedFailed', 'CancelKeyDeletion', { KeyId }));
    await this.case('DeleteSecret', 'of the keyed secret', () =>
      this.call('DeleteSecret', { SecretName, ForceDeleteWithoutRecovery: 'true' }));
  }
}

const plain = (value) => JSON.parse(JSON.stringify(value));

module.exports = { Life, HARD, plain };
