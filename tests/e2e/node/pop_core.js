'use strict';
// @alicloud/pop-core: RPC v1 HMAC-SHA1. GET puts everything in the query, POST in a form body; both run the whole life.

const assert = require('assert');
const { RPCClient } = require('@alicloud/pop-core');
const { Life } = require('./lifecycle');

const env = process.env;

function client(apiVersion, secret = env.ALIBABA_CLOUD_ACCESS_KEY_SECRET, id = env.ALIBABA_CLOUD_ACCESS_KEY_ID) {
  return new RPCClient({ accessKeyId: id, accessKeySecret: secret, apiVersion, endpoint: `https://${env.STRONGROOM_ENDPOINT}` });
}

class Adapter {
  constructor(method) {
    this.client = 'node pop-core';
    this.method = method;
    this.kms = client('2016-01-20');
  }

  knows() { return true; }
  call(action, parameters) { return this.kms.request(action, parameters, { method: this.method, timeout: 60000 }); }
  code(error) { return error.code; }
}

async function neighbours(life) {
  const { suite } = life;
  const post = { method: 'POST', timeout: 60000 };
  await suite.case('GetCallerIdentity', 'root of the account', async () => {
    const answer = await client('2015-04-01').request('GetCallerIdentity', {}, post);
    assert.strictEqual(String(answer.AccountId), env.STRONGROOM_ACCOUNT_ID);
    assert.strictEqual(answer.IdentityType, 'Account');
    assert.strictEqual(answer.Arn, `acs:ram::${env.STRONGROOM_ACCOUNT_ID}:root`);
  });
  await suite.case('DescribeEndpoints', 'names this server', async () => {
    const answer = await client('2015-06-12').request('DescribeEndpoints',
      { Id: env.STRONGROOM_REGION, ServiceCode: 'kms', Type: 'openAPI' }, post);
    assert.strictEqual(answer.Endpoints.Endpoint[0].SerivceCode, 'kms');
    assert.strictEqual(answer.Endpoints.Endpoint[0].Id, env.STRONGROOM_REGION);
  });
  await suite.case('QueryAvailableInstances', 'is an empty answer', async () => {
    await client('2017-12-14').request('QueryAvailableInstances', { PageNum: 1, PageSize: 20 }, post);
  });
  await suite.case('GetSecretValue', 'wrong secret', async () => {
    await assert.rejects(client('2016-01-20', 'wrong').request('GetSecretValue', { SecretName: 'x' }, post),
      (error) => error.code === 'SignatureDoesNotMatch');
  });
  await suite.case('GetSecretValue', 'unknown access key', async () => {
    await assert.rejects(client('2016-01-20', 'x', 'LTAI5tNobodyHasThisKey01').request('GetSecretValue', { SecretName: 'x' }, post),
      (error) => error.code === 'InvalidAccessKeyId.NotFound');
  });
}

async function users(life) {
  const { suite } = life;
  const ram = client('2015-05-01');
  const post = { method: 'POST', timeout: 60000 };
  const UserName = `e2e-node-${Date.now()}`;
  let key;
  await suite.case('CreateUser', 'returns the user', async () => {
    const user = (await ram.request('CreateUser', { UserName, DisplayName: 'E2E' }, post)).User;
    assert.strictEqual(user.UserName, UserName);
    await assert.rejects(ram.request('CreateUser', { UserName }, post), (e) => e.code === 'EntityAlreadyExists.User');
  });
  await suite.case('CreateAccessKey', 'works, at most two', async () => {
    key = (await ram.request('CreateAccessKey', { UserName }, post)).AccessKey;
    assert.match(key.AccessKeyId, /^LTAI/);
    await ram.request('CreateAccessKey', { UserName }, post);
    await assert.rejects(ram.request('CreateAccessKey', { UserName }, post), (e) => e.code === 'LimitExceeded.User.AccessKey');
  });
  const reader = () => client('2016-01-20', key.AccessKeySecret, key.AccessKeyId);
  await suite.case('AttachPolicyToUser', 'a user without a policy is refused, with one it reads', async () => {
    await assert.rejects(reader().request('ListSecrets', {}, post), (e) => e.code === 'Forbidden.NoPermission');
    await ram.request('AttachPolicyToUser', { UserName, PolicyType: 'System', PolicyName: 'AliyunKMSFullAccess' }, post);
    await reader().request('ListSecrets', {}, post);
  });
  await suite.case('ListAccessKeys', 'shows both, no secret', async () => {
    const keys = (await ram.request('ListAccessKeys', { UserName }, post)).AccessKeys.AccessKey;
    assert.strictEqual(keys.length, 2);
    assert.ok(keys.every((k) => k.Status === 'Active' && !k.AccessKeySecret));
  });
  await suite.case('UpdateAccessKey', 'an inactive key is refused', async () => {
    await ram.request('UpdateAccessKey', { UserName, UserAccessKeyId: key.AccessKeyId, Status: 'Inactive' }, post);
    await assert.rejects(reader().request('ListSecrets', {}, post), (e) => e.code === 'InvalidAccessKeyId.Inactive');
  });
  await suite.case('GetAccessKeyLastUsed', 'answers', async () => {
    await ram.request('GetAccessKeyLastUsed', { UserName, UserAccessKeyId: key.AccessKeyId }, post);
  });
  await suite.case('DeleteAccessKey', 'the key is unknown afterwards', async () => {
    await ram.request('DeleteAccessKey', { UserName, UserAccessKeyId: key.AccessKeyId }, post);
    await assert.rejects(reader().request('ListSecrets', {}, post), (e) => e.code === 'InvalidAccessKeyId.NotFound');
  });
}

async function main() {
  const post = new Life(new Adapter('POST'));
  await post.run();
  await neighbours(post);
  await users(post);
  const get = new Life(new Adapter('GET'));
  await get.run();
  process.exitCode = post.suite.failed + get.suite.failed ? 1 : 0;
}

main();
