'use strict';
// A policy server: node policy-server.js PORT [--forget-www | --add-scheme]
// The options make mistakes, for the tests to find.
const net = require('node:net');
const { readFileSync } = require('node:fs');
const { join } = require('node:path');

const REQUEST = Buffer.from('<policy-file-request/>\0');

const MISTAKES = {
  '--forget-www': (policy) => policy.replace('*.example.com', 'example.com'),
  '--add-scheme': (policy) =>
    policy.replace('</', '  <allow-access-from domain="http://example.net" to-ports="5000"/>\n</'),
};

/** Answers the policy request, in however many segments it comes, with the policy and a NUL. */
function policyServer(policy) {
  return net.createServer((socket) => {
    let received = Buffer.alloc(0);
    socket.on('error', () => {}); // the player has left
    socket.on('data', (part) => {
      received = Buffer.concat([received, part]).subarray(0, REQUEST.length);
      if (received.equals(REQUEST)) socket.end(`${policy}\0`);
      else if (!REQUEST.subarray(0, received.length).equals(received)) socket.destroy();
    });
  });
}

if (require.main === module) {
  const [port, mistake] = process.argv.slice(2);
  const policy = readFileSync(join(__dirname, 'policy.xml'), 'utf8');
  const server = policyServer(mistake ? MISTAKES[mistake](policy) : policy);
  server.listen(Number(port), '127.0.0.1');
}

module.exports = { policyServer };
