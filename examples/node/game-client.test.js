'use strict';
const assert = require('node:assert/strict');
const { once } = require('node:events');
const { join } = require('node:path');
const { test, beforeEach, afterEach } = require('node:test');

const { connect, PolicyDenied, PolicyTimedOut, BackendDown } = require('./game-client.js');
const { Serve } = require('./flash_policy.js');

let serve;
beforeEach(async () => {
  serve = await Serve.start(join(__dirname, 'policy.xml'));
});
afterEach(() => serve.stop());

const attempt = (more) =>
  connect({
    policy: serve.policy,
    backend: serve.backend,
    domain: 'www.example.com',
    port: 5000,
    ...more,
  });

test('our own site connects, and talks to the game', async () => {
  const socket = await attempt();
  socket.write('hello\0');
  const [echo] = await once(socket, 'data');
  assert.equal(echo.toString(), 'hello\0');
  socket.destroy();

  const asked = await serve.connection('policy');
  assert.equal(asked.received.toString(), '<policy-file-request/>\0', 'exactly these 23 bytes');
  const played = await serve.connection('backend');
  assert.equal(played.received.toString(), 'hello\0');
});

test('another site is denied, and never reaches the game', async () => {
  await assert.rejects(attempt({ domain: 'evil.example' }), PolicyDenied);
  await serve.connection('policy');
  assert.deepEqual(await serve.connections(), []);
});

test('a game that is down is not a policy that denies', async () => {
  await serve.tell({ backend: 'down' });
  await assert.rejects(attempt(), BackendDown);

  await serve.tell({ backend: 'up' });
  (await attempt()).destroy();
});

test('a policy server that never answers makes the client give up in time', async () => {
  await serve.tell({ faults: ['silent', 'ok'] });
  await assert.rejects(attempt({ timeout: 100 }), PolicyTimedOut);
  const silent = await serve.connection('policy');
  assert.equal(silent.sent.length, 0);

  (await attempt()).destroy(); // the second request is answered
});

test('without a policy server there is no permission', async () => {
  await serve.tell({ policy: 'down' });
  await assert.rejects(attempt(), PolicyDenied);
});

test('an answer in two segments is read to its NUL', async () => {
  await serve.tell({ faults: ['split=30'] });
  (await attempt()).destroy();
});

test('a misspelt command is an error that suggests the right word', async () => {
  await assert.rejects(serve.tell({ backend: 'dwon' }), /did you mean `down`\?/);
});
