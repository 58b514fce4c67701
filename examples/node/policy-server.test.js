'use strict';
const assert = require('node:assert/strict');
const { join } = require('node:path');
const { test } = require('node:test');

const { findings, torture, verdict } = require('./flash_policy.js');

const server = [process.execPath, join(__dirname, 'policy-server.js'), '{policy}'];
const player = {
  ports: ['policy=843'],
  swf: 'http://www.example.com/game.swf',
  connect: 'game.example.com:5000',
};

test('the server lets our own site in', () => {
  assert.equal(verdict(server, player).outcome, 'permitted');
});

test('the server denies every other site', () => {
  const { outcome, cause } = verdict(server, { ...player, swf: 'http://evil.example/game.swf' });
  assert.deepEqual([outcome, cause], ['denied', 'domain-not-listed']);
});

test('the server denies every other port', () => {
  const { outcome, cause } = verdict(server, { ...player, connect: 'game.example.com:5001' });
  assert.deepEqual([outcome, cause], ['denied', 'port-not-listed']);
});

test('a server that forgets www is detected', () => {
  const { outcome, cause } = verdict([...server, '--forget-www'], player);
  assert.deepEqual([outcome, cause], ['denied', 'domain-not-listed']);
});

test('no answer of the server has an error', () => {
  assert.deepEqual(findings(server, player), []);
});

test('an error in an answer is detected even if the player is permitted', () => {
  const mistaken = [...server, '--add-scheme'];
  assert.equal(verdict(mistaken, player).outcome, 'permitted');
  const [finding, ...others] = findings(mistaken, player);
  assert.match(finding, /^FSP-D05 at game\.example\.com:843: domain="http:\/\/example\.net"/);
  assert.deepEqual(others, []);
});

test('the server passes every conformance check', () => {
  assert.deepEqual(torture(server, { ports: ['policy=843'] }), []);
});
