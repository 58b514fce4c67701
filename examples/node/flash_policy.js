'use strict';
// Runs `flash-policy serve` for a test: copy this file. The command is $FLASH_POLICY, or flash-policy on the PATH.
const { spawn, spawnSync } = require('node:child_process');
const { createInterface } = require('node:readline');

const COMMAND = process.env.FLASH_POLICY || 'flash-policy';
const TIMEOUT = 10_000; // ms, for whatever is waited for

class Serve {
  #child;
  #ended;
  #why; // it has ended, or what it says is not understood
  #answers = []; // who waits for an answer, in order
  #entries = []; // connections that are over and were not taken yet
  #waiting = new Set(); // who waits for a connection
  #started;

  /** Starts it; arguments as on the command line: `Serve.start('policy.xml', '--fault', 'silent')`. */
  static async start(...args) {
    const serve = new Serve(args);
    await serve.#started;
    return serve;
  }

  constructor(args) {
    // Its stdin is the promise that it ends: should this process die, the pipe closes.
    this.#child = spawn(COMMAND, ['serve', ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.stdin.on('error', () => {}); // that it is gone, its exit tells
    this.#started = this.#answer().then((line) => {
      if (!line.endpoints) throw new Error(`flash-policy serve did not start: ${line.error}`);
      Object.assign(this, { policy: address(line.endpoints.policy), backend: address(line.endpoints.backend) });
    });
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      try {
        this.#heard(JSON.parse(line));
      } catch (error) {
        this.#giveUp(`it said what is not understood: ${line} (${error.message})`);
      }
    });
    this.#child.on('error', (error) => this.#end(error.message));
    this.#ended = new Promise((resolve) => {
      this.#child.on('close', (code, signal) => {
        this.#end(`it has ended with ${signal ?? code}; what it said is on stderr`);
        resolve();
      });
    });
  }

  #answer() {
    const timer = setTimeout(() => this.#giveUp(`no answer in ${TIMEOUT} ms`), TIMEOUT);
    return new Promise((resolve) => this.#answers.push(resolve)).finally(() => clearTimeout(timer));
  }

  #giveUp(why) {
    this.#end(why);
    this.#child.kill('SIGKILL');
  }

  #end(why) {
    this.#why ??= why;
    for (const answer of this.#answers.splice(0)) answer({ error: this.#why });
    for (const look of this.#waiting) look();
  }

  #heard(line) {
    if (!line.endpoint) {
      const answer = this.#answers.shift();
      if (!answer) throw new Error('nobody waits for an answer');
      return answer(line);
    }
    line.received = Buffer.from(line.received, 'base64');
    line.sent = Buffer.from(line.sent, 'base64');
    this.#entries.push(line);
    for (const look of this.#waiting) look();
  }

  /** Sends a command, such as `{ backend: 'down' }`: it is so when this returns. */
  async tell(command) {
    if (this.#why) throw new Error(`flash-policy serve: ${this.#why}`);
    const answer = this.#answer();
    this.#child.stdin.write(`${JSON.stringify(command)}\n`);
    const { error } = await answer;
    if (error !== undefined) throw new Error(`flash-policy serve: ${error}`);
  }

  /** Waits for a connection that is over, at `policy` or `backend`, and takes it out of the journal. */
  async connection(endpoint, { timeout = TIMEOUT } = {}) {
    let look;
    let timer;
    const found = new Promise((resolve, reject) => {
      look = () => {
        const at = this.#entries.findIndex((entry) => entry.endpoint === endpoint);
        if (at >= 0) resolve(this.#entries.splice(at, 1)[0]);
        else if (this.#why) reject(new Error(`flash-policy serve: ${this.#why}`));
      };
      timer = setTimeout(() => reject(new Error(`no connection to the ${endpoint} was over in ${timeout} ms`)), timeout);
      this.#waiting.add(look);
      look();
    });
    return found.finally(() => {
      clearTimeout(timer);
      this.#waiting.delete(look);
    });
  }

  /** Takes the connections that are over by now. */
  async connections() {
    await this.tell({ sync: null });
    return this.#entries.splice(0);
  }

  /** Ends it, by force if it does not end in time. */
  async stop() {
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), TIMEOUT);
    await this.#ended;
    clearTimeout(timer);
  }
}

/** Runs a server with `flash-policy run`, and asks it as a player does; resolves to the JSON report's first case. */
function verdict(server, { swf, connect, ports = [] }) {
  return run(server, ports, '--swf', swf, '--connect', connect).cases[0].got;
}

/** Runs a server with `flash-policy run --torture`: the checks that do not pass, as `id: reason`. */
function torture(server, { ports = [] } = {}) {
  const { checks } = run(server, ports, '--torture');
  return checks.filter(({ verdict }) => verdict !== 'pass').map(({ id, reason }) => `${id}: ${reason}`);
}

function run(server, ports, ...args) {
  const named = ports.flatMap((port) => ['--port', port]);
  const command = ['run', ...named, ...args, '--format', 'json', '--', ...server];
  const { status, stdout, stderr, error } = spawnSync(COMMAND, command, { encoding: 'utf8' });
  if (error || ![0, 1].includes(status)) throw error || new Error(`flash-policy run ended with ${status}: ${stderr}`);
  return JSON.parse(stdout);
}

function address(text) {
  const [, host, port] = /^\[?(.*?)\]?:(\d+)$/.exec(text);
  return { host, port: Number(port) };
}

module.exports = { Serve, torture, verdict };
