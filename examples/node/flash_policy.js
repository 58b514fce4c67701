'use strict';
// Runs `flash-policy serve` for a test; copy this file.
// The command is $FLASH_POLICY, or flash-policy on the PATH.
const { spawn, spawnSync } = require('node:child_process');
const { createInterface } = require('node:readline');

const COMMAND = process.env.FLASH_POLICY || 'flash-policy';
const TIMEOUT = 10_000; // ms, for every wait

class Serve {
  #child;
  #ended;
  #why; // why no more answers can come: it has stopped, or wrote a line that cannot be read
  #answers = []; // the callers that wait for an answer, in order
  #entries = []; // finished connections that were not taken yet
  #waiting = new Set(); // the callers that wait for a connection
  #started;

  /** Starts it with the command's arguments: `Serve.start('policy.xml', '--fault', 'silent')`. */
  static async start(...args) {
    const serve = new Serve(args);
    await serve.#started;
    return serve;
  }

  constructor(args) {
    // serve stops when its stdin ends, so it stops even if this process is killed.
    this.#child = spawn(COMMAND, ['serve', ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.stdin.on('error', () => {}); // the exit is reported below
    this.#started = this.#answer().then((line) => {
      if (!line.endpoints) throw new Error(`flash-policy serve did not start: ${line.error}`);
      this.policy = address(line.endpoints.policy);
      this.backend = address(line.endpoints.backend);
    });
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      try {
        this.#read(JSON.parse(line));
      } catch (error) {
        this.#giveUp(`it wrote a line that cannot be read: ${line} (${error.message})`);
      }
    });
    this.#child.on('error', (error) => this.#end(error.message));
    this.#ended = new Promise((resolve) => {
      this.#child.on('close', (code, signal) => {
        this.#end(`it stopped with ${signal ?? code}; its messages are on stderr`);
        resolve();
      });
    });
  }

  #answer() {
    const timer = setTimeout(() => this.#giveUp(`no answer within ${TIMEOUT} ms`), TIMEOUT);
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

  #read(line) {
    if (!line.endpoint) {
      const answer = this.#answers.shift();
      if (!answer) throw new Error('no command is waiting for an answer');
      return answer(line);
    }
    line.received = Buffer.from(line.received, 'base64');
    line.sent = Buffer.from(line.sent, 'base64');
    this.#entries.push(line);
    for (const look of this.#waiting) look();
  }

  /** Sends a command, such as `{ backend: 'down' }`. It has taken effect when this returns. */
  async tell(command) {
    if (this.#why) throw new Error(`flash-policy serve: ${this.#why}`);
    const answer = this.#answer();
    this.#child.stdin.write(`${JSON.stringify(command)}\n`);
    const { error } = await answer;
    if (error !== undefined) throw new Error(`flash-policy serve: ${error}`);
  }

  /** Waits for a finished connection to `policy` or `backend`, and takes it out of the journal. */
  async connection(endpoint, { timeout = TIMEOUT } = {}) {
    let look;
    let timer;
    const found = new Promise((resolve, reject) => {
      look = () => {
        const at = this.#entries.findIndex((entry) => entry.endpoint === endpoint);
        if (at >= 0) resolve(this.#entries.splice(at, 1)[0]);
        else if (this.#why) reject(new Error(`flash-policy serve: ${this.#why}`));
      };
      const expired = new Error(`no connection to the ${endpoint} finished within ${timeout} ms`);
      timer = setTimeout(() => reject(expired), timeout);
      this.#waiting.add(look);
      look();
    });
    return found.finally(() => {
      clearTimeout(timer);
      this.#waiting.delete(look);
    });
  }

  /** Takes the connections that have finished so far. */
  async connections() {
    await this.tell({ sync: null });
    return this.#entries.splice(0);
  }

  /** Stops it, by force if it does not stop in time. */
  async stop() {
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), TIMEOUT);
    await this.#ended;
    clearTimeout(timer);
  }
}

/** Runs a server with `flash-policy run`, asks it as a player does, and returns the verdict. */
function verdict(server, { swf, connect, ports = [] }) {
  return run(server, ports, '--swf', swf, '--connect', connect).cases[0].got;
}

/**
 * Runs a server as `verdict` does, and returns the errors in its answers: `id at endpoint: message`.
 * A player may be permitted in spite of them.
 */
function findings(server, { swf, connect, ports = [] }) {
  const report = run(server, ports, '--swf', swf, '--connect', connect);
  const failing = (report.answer_findings ?? []).filter(({ fails }) => fails);
  return failing.map(({ id, endpoint, message }) => `${id} at ${endpoint}: ${message}`);
}

/** Runs a server with `flash-policy run --torture`, and returns the failed checks: `id: reason`. */
function torture(server, { ports = [] } = {}) {
  const { checks } = run(server, ports, '--torture');
  const failed = checks.filter(({ verdict }) => verdict !== 'pass');
  return failed.map(({ id, reason }) => `${id}: ${reason}`);
}

function run(server, ports, ...args) {
  const named = ports.flatMap((port) => ['--port', port]);
  const command = ['run', ...named, ...args, '--format', 'json', '--', ...server];
  const { status, stdout, stderr, error } = spawnSync(COMMAND, command, { encoding: 'utf8' });
  if (error) throw error;
  if (![0, 1].includes(status)) {
    throw new Error(`flash-policy run exited with ${status}: ${stderr}`);
  }
  return JSON.parse(stdout);
}

function address(text) {
  const [, host, port] = /^\[?(.*?)\]?:(\d+)$/.exec(text);
  return { host, port: Number(port) };
}

module.exports = { Serve, findings, torture, verdict };
