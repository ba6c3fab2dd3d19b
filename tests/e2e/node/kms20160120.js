'use strict';
// @alicloud/kms20160120 1.x: the typed SDK of npm. RPC v1 HMAC-SHA1, POST, everything (SecretData too) in the query.

const sdk = require('@alicloud/kms20160120');
const { Config } = require('@alicloud/rpc-client');
const { Life } = require('./lifecycle');

const Client = sdk.default;
const env = process.env;
const lower = (text) => text[0].toLowerCase() + text.slice(1);

class Adapter {
  constructor() {
    this.client = 'node kms20160120';
    this.sdk = new Client(new Config({
      accessKeyId: env.ALIBABA_CLOUD_ACCESS_KEY_ID,
      accessKeySecret: env.ALIBABA_CLOUD_ACCESS_KEY_SECRET,
      endpoint: env.STRONGROOM_ENDPOINT,
      protocol: 'https',
      regionId: env.STRONGROOM_REGION,
      // Making an RSA key on a busy machine takes longer than the client waits by itself.
      connectTimeout: 60000,
      readTimeout: 60000,
    }));
  }

  knows(action) { return typeof this.sdk[lower(action)] === 'function'; }

  takes(action, name) { return Object.values(sdk[`${action}Request`].names()).includes(name); }

  async call(action, parameters) {
    const Request = sdk[`${action}Request`];
    const fields = Object.fromEntries(Object.entries(Request.names()).map(([field, name]) => [name, field]));
    const typed = {};
    for (const [name, value] of Object.entries(parameters)) {
      const field = fields[name];
      if (field === undefined) throw new Error(`${action} of this SDK has no parameter ${name}`);
      typed[field] = value;
    }
    return (await this.sdk[lower(action)](new Request(typed))).toMap();
  }

  // This SDK appends "Error" to the code.
  code(error) { return String(error.code).replace(/Error$/, ''); }
}

async function main() {
  const life = new Life(new Adapter());
  await life.run();
  process.exitCode = life.suite.failed ? 1 : 0;
}

main();
