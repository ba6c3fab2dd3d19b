'use strict';
// The typed RAM and STS packages and @alicloud/credentials as a program to talk to: one call, as JSON, a line on standard
// input; its answer, a line on standard output (identity/calls.py). Nothing but the packages' own functions is called.

const readline = require('readline');
const { default: Credential, Config } = require('@alicloud/credentials');
const Core = require('@alicloud/pop-core');
const { $OpenApiUtil } = require('@alicloud/openapi-core');
const packages = { ram: require('@alicloud/ram20150501'), sts: require('@alicloud/sts20150401') };

const env = process.env;
const lower = (text) => text[0].toLowerCase() + text.slice(1);

class Unknown extends Error {}

// API names to the names of the package's fields, all the way down.
function typed(Model, parameters) {
  const fields = Object.fromEntries(Object.entries(Model.names()).map(([field, name]) => [name, field]));
  const types = Model.types();
  const out = {};
  for (const [name, value] of Object.entries(parameters)) {
    const field = fields[name];
    if (field === undefined) throw new Unknown(name);
    const item = types[field].itemType;
    out[field] = Array.isArray(value) && typeof item === 'function' ? value.map((one) => typed(item, one)) : value;
  }
  return new Model(out);
}

async function callPackage({ api, action, parameters, key }) {
  const sdk = packages[api];
  const client = new sdk.default(new $OpenApiUtil.Config({
    accessKeyId: key[0], accessKeySecret: key[1], securityToken: key[2] || undefined,
    endpoint: env.STRONGROOM_ENDPOINT, protocol: 'HTTPS', regionId: env.STRONGROOM_REGION,
  }));
  if (typeof client[lower(action)] !== 'function') throw new Unknown(action);
  const Request = sdk[`${action}Request`];
  const answer = Request ? await client[lower(action)](typed(Request, parameters)) : await client[lower(action)]();
  return answer.body.toMap();
}

async function assumeByCredentials({ parameters, key }) {
  const found = await new Credential(new Config({
    type: 'ram_role_arn', accessKeyId: key[0], accessKeySecret: key[1], roleArn: parameters.RoleArn,
    roleSessionName: parameters.RoleSessionName, stsEndpoint: env.STRONGROOM_ENDPOINT,
  })).getCredential();
  return { AccessKeyId: found.accessKeyId, AccessKeySecret: found.accessKeySecret, SecurityToken: found.securityToken };
}

async function callKms({ action, parameters, key }) {
  const core = new Core({
    accessKeyId: key[0], accessKeySecret: key[1], securityToken: key[2] || undefined,
    endpoint: `https://${env.STRONGROOM_ENDPOINT}`, apiVersion: '2016-01-20',
  });
  return core.request(action, parameters, { method: 'POST' });
}

async function answer(line) {
  const call = JSON.parse(line);
  const how = { credentials: assumeByCredentials, kms: callKms }[call.api] || callPackage;
  try {
    return { body: await how(call) };
  } catch (error) {
    if (error instanceof Unknown) return { unknown: error.message };
    return { code: String(error.code || error.name), message: String(error.message) };
  }
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    process.stdout.write(JSON.stringify(await answer(line)) + '\n');
  }
}

main();
