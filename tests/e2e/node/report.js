'use strict';
// One line `#e2e {json}` for each case; the runner reads them (strongroom_e2e/report.py).

class Suite {
  constructor(client) {
    this.client = client;
    this.failed = 0;
  }

  async case(action, what, body) {
    let detail = '';
    try {
      await body();
    } catch (error) {
      this.failed += 1;
      detail = String((error && error.stack) || error).slice(0, 2000);
    }
    console.log('#e2e ' + JSON.stringify({ client: this.client, action, case: what, ok: !detail, detail }));
  }
}

module.exports = { Suite };
