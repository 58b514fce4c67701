'use strict';
// A policy server: node policy-server.js PORT [--forget-www]
// The option makes a mistake, for the tests to find.
const net = require('node:net');
const { readFileSync } = require('node:fs');
const { join } = require('node:path');

const REQUEST = Buffer.from('<policy-file-request/>\0');

/** Answers the policy request, in however many segments it comes, with the policy and a NUL. */
function policyServer(policy, { forgetsWww = false } = {}) {
  const document = forgetsWww ? policy.replace('*.example.com', 'example.com') : policy;
  return net.createServer((socket) => {
    let received = Buffer.alloc(0);
    socket.on('error', () => {}); // the player has left
    socket.on('data', (part) => {
      received = Buffer.concat([received, part]).subarray(0, REQUEST.length);
      if (received.equals(REQUEST)) socket.end(`${document}\0`);
      else if (!REQUEST.subarray(0, received.length).equals(received)) socket.destroy();
    });
  });
}

if (require.main === module) {
  const [port, mistake] = process.argv.slice(2);
  const policy = readFileSync(join(__dirname, 'policy.xml'), 'utf8');
  const server = policyServer(policy, { forgetsWww: mistake === '--forget-www' });
  server.listen(Number(port), '127.0.0.1');
}

module.exports = { policyServer };
