'use strict';
// A client of a game server. It asks for a policy before it connects, as a Flash Player does.
const net = require('node:net');
const { once } = require('node:events');

const REQUEST = '<policy-file-request/>\0';

class PolicyDenied extends Error {}
class PolicyTimedOut extends Error {}
class BackendDown extends Error {}

/** Returns the policy file of a server, up to its NUL. */
async function loadPolicy(at, timeout) {
  const socket = net.connect(at);
  const expired = new PolicyTimedOut(`no policy from ${at.host}:${at.port} within ${timeout} ms`);
  const timer = setTimeout(() => socket.destroy(expired), timeout);
  try {
    socket.write(REQUEST);
    let answer = '';
    for await (const part of socket.setEncoding('utf8')) {
      answer += part;
      if (answer.includes('\0')) break;
    }
    return answer.split('\0')[0];
  } catch (error) {
    if (error === expired) throw error;
    throw new PolicyDenied(`no policy from ${at.host}:${at.port}: ${error.code}`);
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

/**
 * Returns whether a policy lets a SWF of `domain` connect to `port`. It knows as many rules as our
 * own policy file needs.
 */
function permits(policy, domain, port) {
  const rules = policy.matchAll(/<allow-access-from\s+domain="([^"]*)"\s+to-ports="([^"]*)"/g);
  return [...rules].some(([, pattern, ports]) => {
    const isBelow = pattern.startsWith('*.') && domain.endsWith(pattern.slice(1));
    const isOurs = pattern === '*' || pattern === domain || isBelow;
    return isOurs && (ports === '*' || ports.split(',').includes(String(port)));
  });
}

/**
 * Asks the policy server, then connects. It returns a socket or throws an error above. `port` is
 * the port in the policy.
 */
async function connect({ policy, backend, domain, port, timeout = 3000 }) {
  if (!permits(await loadPolicy(policy, timeout), domain, port)) {
    throw new PolicyDenied(`the policy does not let ${domain} connect to ${port}`);
  }
  const socket = net.connect(backend);
  try {
    await once(socket, 'connect');
  } catch (error) {
    const at = `${backend.host}:${backend.port}`;
    throw new BackendDown(`permitted, but nothing answers at ${at}: ${error.code}`);
  }
  return socket;
}

module.exports = { connect, PolicyDenied, PolicyTimedOut, BackendDown };
