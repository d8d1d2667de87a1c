// Starting the wharf binary as people do: as a server, or as a client's child.

import { execFileSync, spawn } from 'node:child_process';
import {
    existsSync,
    lstatSync,
    mkdirSync,
    mkdtempSync,
    readFileSync,
    readdirSync,
    rmSync,
    symlinkSync,
    utimesSync,
    writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { createInterface } from 'node:readline';

const READY = /^ready: ((?:http|ws):\/\/[\d.:]+)\/(mcp|sse|ws) /;
const ENDPOINTS = 3;
const PATIENCE_MS = 60_000;
const LOG_LINES = 40;
// 2026-01-02T03:04:05Z, the age of all files that a case file asks for.
const LAST_CHANGE = 1_767_323_045;

/** How to start the binary. */
export class Wharf {
    constructor(binary, plugins) {
        this.binary = binary;
        this.plugins = plugins;
        this.version = execFileSync(binary, ['--version'], { encoding: 'utf8' }).trim().split(' ')[1];
    }

    /** The arguments that serve what a case file asks for. */
    serve(serve, folder, ...endpoint) {
        const granted = serve.folder ? ['--dir', `${folder.path}::${serve.folder.guest}:rw`] : [];
        const plugins = serve.plugins.map(name => join(this.plugins, `${name}.wasm`));
        for (const plugin of plugins) {
            if (!existsSync(plugin))
                throw new Error(`there is no plugin ${plugin}: build it with \`wharf build\``);
        }
        const cache = ['--cache-dir', join(this.plugins, 'cache')];
        return ['serve', ...endpoint, ...(serve.args ?? []), ...cache, ...granted, ...plugins];
    }
}

/** A host that listens, on a port of its own choice, until told to stop. */
export class Server {
    log = [];
    #child;
    #addresses = {};

    /** Starts it and waits until it is ready. */
    static async start(wharf, args) {
        const server = new Server();
        server.#child = spawn(wharf.binary, args, { stdio: ['ignore', 'ignore', 'pipe'] });
        await server.#ready();
        return server;
    }

    /** Where an endpoint is: `mcp`, `sse` or `ws`. */
    url(path) {
        return new URL(`${this.#addresses[path]}/${path}`);
    }

    /** Asks it to end. Resolves to its exit status. */
    async stop() {
        const ended = new Promise(resolve => this.#child.once('exit', resolve));
        if (this.#child.exitCode !== null) return this.#child.exitCode;
        this.#child.kill('SIGTERM');
        const tooLate = setTimeout(() => this.#child.kill('SIGKILL'), PATIENCE_MS);
        const status = await ended;
        clearTimeout(tooLate);
        return status;
    }

    #ready() {
        return new Promise((resolve, reject) => {
            const fail = why => reject(new Error(`${why}:\n${this.log.join('\n')}`));
            const tooLate = setTimeout(() => fail('the host did not get ready'), PATIENCE_MS);
            const lines = createInterface({ input: this.#child.stderr });
            lines.on('line', line => {
                this.log.push(line);
                this.log.splice(0, this.log.length - LOG_LINES);
                const ready = READY.exec(line);
                if (ready !== null) this.#addresses[ready[2]] = ready[1];
                if (Object.keys(this.#addresses).length < ENDPOINTS) return;
                clearTimeout(tooLate);
                resolve();
            });
            lines.on('close', () => fail('the host ended'));
        });
    }
}

/** A folder with the files that a case file asks for. */
export class Folder {
    constructor(serve) {
        this.path = mkdtempSync(join(tmpdir(), 'wharf-clients-'));
        for (const [name, text] of Object.entries(serve.folder?.files ?? {})) {
            const file = join(this.path, name);
            mkdirSync(dirname(file), { recursive: true });
            writeFileSync(file, text);
            utimesSync(file, LAST_CHANGE, LAST_CHANGE);
        }
        for (const [name, target] of Object.entries(serve.folder?.links ?? {})) {
            symlinkSync(target, join(this.path, name));
        }
    }

    /** All files in it, without following links. */
    files(folder = this.path) {
        const found = readdirSync(folder)
            .map(name => join(folder, name))
            .flatMap(path => {
                const about = lstatSync(path);
                if (about.isDirectory()) return Object.entries(this.files(path));
                return about.isFile() ? [[relative(this.path, path), readFileSync(path, 'utf8')]] : [];
            });
        return Object.fromEntries(found);
    }

    remove() {
        rmSync(this.path, { recursive: true });
    }
}
