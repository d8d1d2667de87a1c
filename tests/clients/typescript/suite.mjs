// The cases, requested by the official TypeScript clients, releases 1 and 2.
//
// Over standard input and output, over HTTP+SSE, over Streamable HTTP and over
// WebSockets; in every revision with sessions and in the one without, and as the
// client itself chooses.

import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import * as cases from './cases.mjs';
import { FIRST, MODERN, SECOND } from './clients.mjs';
import { Folder, Server, Wharf } from './host.mjs';
import { Report, difference, plain } from './report.mjs';

const SERVER_INFO = 'io.modelcontextprotocol/serverInfo';
const LOG_LEVEL = 'io.modelcontextprotocol/logLevel';
const CACHED = ['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list', 'resources/read'];
// A response may overtake the client's own handling of notifications before it.
const GRACE_MS = 2_000;
// How to connect to a host that listens.
const LISTENING = {
    sse: { kind: 'Sse', path: 'sse' },
    http: { kind: 'Http', path: 'mcp' },
    ws: { kind: 'Ws', path: 'ws' },
};
// The clients kill their child after so long; ours ends by itself, and at once.
const KILLED_AFTER_MS = 2_000;

/** Starts a host, connects a client, and afterwards checks that the host ends well. */
async function connected({ wharf, report, kind, mode, transport, serve, folder, label, asks }, use) {
    let server;
    let channel;
    if (transport === 'stdio') {
        const args = wharf.serve(serve, folder, '--stdio');
        channel = new kind.Stdio({ command: wharf.binary, args, stderr: 'ignore' });
    } else {
        server = await Server.start(wharf, wharf.serve(serve, folder, '--listen', '127.0.0.1:0'));
        channel = new kind[LISTENING[transport].kind](server.url(LISTENING[transport].path));
    }
    const client = kind.open(mode.options, asks);
    const person = new cases.Person();
    if (asks) kind.onQuestion(client, request => person.answer(request));
    try {
        await client.connect(channel);
        const revision = kind.revision(client);
        if (revision < MODERN) await client.setLoggingLevel('info');
        await use({ client, channel, kind, mode, revision, server, person });
    } catch (error) {
        console.error(server?.log.join('\n') ?? '');
        await client.close();
        await server?.stop();
        throw error;
    }
    const started = Date.now();
    await client.close();
    if (server === undefined) {
        const took = Date.now() - started;
        const slow = took >= KILLED_AFTER_MS ? `it took ${took} ms` : undefined;
        report.check(`${label}: the host ends when its input does`, slow);
    } else {
        report.equal(`${label}: the host ends when asked to`, await server.stop(), 0);
    }
}

/** All pages of a list as one. Release 2 does this by itself. */
async function pages(member, fetch) {
    const whole = await fetch();
    while (whole.nextCursor !== undefined) {
        const page = await fetch({ cursor: whole.nextCursor });
        whole[member].push(...page[member]);
        whole.nextCursor = page.nextCursor;
    }
    return whole;
}

/** Makes a request with the client's own function for it. */
function request(client, method, params) {
    switch (method) {
        case 'tools/list':
            return pages('tools', page => client.listTools(page));
        case 'resources/list':
            return pages('resources', page => client.listResources(page));
        case 'resources/templates/list':
            return pages('resourceTemplates', page => client.listResourceTemplates(page));
        case 'prompts/list':
            return pages('prompts', page => client.listPrompts(page));
        case 'tools/call':
            return client.callTool(params);
        case 'resources/read':
            return client.readResource(params);
        case 'prompts/get':
            return client.getPrompt(params);
        case 'completion/complete':
            return client.complete(params);
        default:
            throw new Error(method);
    }
}

/** What the host says besides results. */
class Heard {
    progress = [];
    logs = [];

    // The handlers are those for any notification. The one that a call can be given
    // is gone as soon as the result is there, and these clients read the result of
    // a quick call before they handle the notifications that came with it.
    constructor(kind, client) {
        kind.onLog(client, ({ params }) => void this.logs.push(params));
        kind.onProgress(client, ({ params }) => void this.progress.push(params));
    }

    /** Waits for as many notifications as are expected, but not long. */
    async until(expected) {
        const end = Date.now() + GRACE_MS;
        while (
            Date.now() < end &&
            (this.progress.length < expected.progress.length || this.logs.length < expected.logs.length)
        ) {
            await sleep(5);
        }
    }
}

/** Makes the request of a case. Returns what is wrong with what comes back. */
async function perform({ client, kind, revision, person }, heard, case_, version) {
    const expected = kind.expected(cases.outcome(case_, revision));
    person.expect(case_, revision);
    heard.progress = [];
    heard.logs = [];
    const method = case_.request;
    const progressToken = `token of ${case_.name}`;
    let actual;
    try {
        const params = { ...case_.params };
        if (method === 'tools/call') {
            params._meta = { progressToken, ...(revision < MODERN ? {} : { [LOG_LEVEL]: 'info' }) };
        }
        const result = plain(await request(client, method, params));
        if (revision >= MODERN) {
            const wrong = unwrap(method, result, case_.ttl ?? 0, version);
            if (wrong !== undefined) return wrong;
        }
        actual = { result: cases.narrowed(case_, result) };
    } catch (error) {
        actual = { error: kind.error(error) };
    }
    await heard.until(expected);
    const withToken = expected.progress.map(progress => ({ progressToken, ...progress }));
    const problem = difference(
        { ...actual, progress: heard.progress, logs: heard.logs },
        { ...expected, progress: withToken },
    );
    return problem ?? person.problem();
}

/** Takes off what every modern result has. Returns what is wrong with it. */
function unwrap(method, result, ttlMs, version) {
    const { [SERVER_INFO]: serverInfo, ...meta } = result._meta ?? {};
    const wrapping = { serverInfo };
    const expected = { serverInfo: { name: 'wharf', version } };
    if (CACHED.includes(method)) {
        Object.assign(wrapping, { ttlMs: result.ttlMs, cacheScope: result.cacheScope });
        Object.assign(expected, { ttlMs, cacheScope: 'private' });
        delete result.ttlMs;
        delete result.cacheScope;
    }
    if (Object.keys(meta).length === 0) delete result._meta;
    else result._meta = meta;
    return difference(wrapping, expected);
}

/** Runs a file of cases on one connection. */
async function runCases(setting, name) {
    const file = cases.load(name);
    const { report, label, wharf, mode } = setting;
    const folder = new Folder(file.serve);
    await connected({ ...setting, serve: file.serve, folder, asks: file.asks }, async connection => {
        const { client, kind, revision } = connection;
        report.equal(`${label}: revision`, revision, mode.revision);
        report.equal(
            `${label}: what the host says about itself`,
            [client.getServerVersion(), client.getServerCapabilities(), client.getInstructions() ?? null],
            [{ name: 'wharf', version: wharf.version }, cases.at(file.capabilities, revision), null],
        );
        const heard = new Heard(kind, client);
        for (const case_ of file.cases) {
            report.check(`${label}: ${case_.name}`, await perform(connection, heard, case_, wharf.version));
        }
    });
    if (file.leaves !== undefined) report.equal(`${label}: the files it leaves`, folder.files(), file.leaves);
    folder.remove();
}

/** Checks what takes more than one request to see, on one connection. */
async function runManners(setting) {
    const { report, label, transport } = setting;
    const serve = { plugins: ['fixture-rogue', 'fixture-everything'] };
    const folder = new Folder(serve);
    await connected({ ...setting, serve, folder }, async connection => {
        const { client, kind, revision } = connection;
        if (revision < MODERN) report.equal(`${label}: ping`, await client.ping(), {});
        report.check(`${label}: an unknown method`, await unknownMethod(connection));
        report.check(`${label}: progress by the call's own handler`, await ownProgress(connection));
        report.check(`${label}: a slow call holds up nobody`, await slowAndQuick(client));
        report.check(`${label}: many calls at once`, await manyAtOnce(client));
        report.check(
            `${label}: a call that is cancelled`,
            await abandoned(connection, { signal: AbortSignal.timeout(200) }),
        );
        report.check(
            `${label}: a call that the client gives up`,
            await abandoned(connection, { timeout: 300 }),
        );
        if (revision < MODERN) report.check(`${label}: changes`, await changes(connection));
        else report.check(`${label}: changes, listened to`, await listened(connection));
        if (kind === FIRST) report.check(`${label}: tasks`, await tasks(client));
        if (transport === 'http' && revision < MODERN) {
            report.check(`${label}: a session goes on, and ends`, await session(connection));
        }
    });
    folder.remove();
}

async function echo(client, text) {
    const result = await client.callTool({ name: 'echo', arguments: { text } });
    return result.content[0].text;
}

async function unknownMethod({ client, kind }) {
    try {
        await client.request({ method: 'no/such', params: {} }, kind.anyResult);
        return 'it was answered';
    } catch (error) {
        return difference(kind.error(error), { code: -32601, message: 'Method not found: no/such' });
    }
}

/** The reports come in order; see `Heard` for why the last may be missing. */
async function ownProgress({ client, kind }) {
    const seen = [];
    const onprogress = ({ progress }) => void seen.push(progress);
    await client.callTool(
        { name: 'count', arguments: { n: 4, delay_ms: 100 } },
        ...kind.callOptions({ onprogress }),
    );
    return difference(seen.slice(0, 3), [1, 2, 3]);
}

/** Answers come as they are ready, not as they were asked for. */
async function slowAndQuick(client) {
    const order = [];
    const note = async (name, args) => {
        order.push((await client.callTool({ name, arguments: args })).content[0].text);
    };
    await Promise.all([note('sleep', { ms: 1_000 }), note('echo', { text: 'quick' })]);
    return difference(order, ['quick', 'awake']);
}

/** Every call gets its own answer. */
async function manyAtOnce(client) {
    const texts = Array.from({ length: 40 }, (_, number) => `text ${number}`);
    return difference(await Promise.all(texts.map(text => echo(client, text))), texts);
}

/** A call that is cancelled, or takes longer than the client will wait, disturbs no other. */
async function abandoned({ client, kind }, options) {
    try {
        await client.callTool({ name: 'sleep', arguments: { ms: 20_000 } }, ...kind.callOptions(options));
        return 'the call came back';
    } catch {
        return difference(await echo(client, 'still there'), 'still there');
    }
}

/** Has a plugin say that something has changed. */
async function announce(client, ...whats) {
    for (const what of whats) {
        const [kind, uri] = what.split(' ');
        await client.callTool({ name: 'announce', arguments: { what: kind, uri } });
    }
}

/** Notes the changes that a client hears of, until there are enough. */
class Changes {
    #heard = [];

    constructor({ kind, client }) {
        const note = ({ method, params }) => this.#heard.push(`${method} ${params?.uri ?? ''}`.trim());
        kind.onChange(client, note);
    }

    async first(count) {
        const end = Date.now() + GRACE_MS;
        while (Date.now() < end && this.#heard.length < count) await sleep(5);
        await sleep(100);
        return this.#heard.toSorted();
    }
}

/** Lists that change are told to everybody, resources to those that asked. */
async function changes(connection) {
    const { client } = connection;
    const heard = new Changes(connection);
    const uri = 'item:///1';
    await client.subscribeResource({ uri });
    await announce(client, 'resource item:///2', 'tools', `resource ${uri}`, 'prompts', 'resources');
    await heard.first(4);
    await client.unsubscribeResource({ uri });
    await announce(client, `resource ${uri}`);
    return difference(await heard.first(4), [
        'notifications/prompts/list_changed',
        'notifications/resources/list_changed',
        'notifications/resources/updated item:///1',
        'notifications/tools/list_changed',
    ]);
}

/** In the modern era one listens to what one wants, and hears nothing else. */
async function listened(connection) {
    const { client } = connection;
    const heard = new Changes(connection);
    const wanted = { toolsListChanged: true, resourceSubscriptions: ['item:///1'] };
    const subscription = await client.listen(wanted);
    await announce(client, 'prompts', 'resource item:///2', 'tools', 'resource item:///1', 'resources');
    await heard.first(2);
    await subscription.close();
    await announce(client, 'tools');
    return difference(
        [subscription.honoredFilter, await heard.first(2)],
        [wanted, ['notifications/resources/updated item:///1', 'notifications/tools/list_changed']],
    );
}

/** What is to be done as a task says so at once, and ends later. */
async function tasks(client) {
    const ends = [];
    for (const name of ['task_steps', 'task_required', 'task_fails']) {
        const params = { name, arguments: name === 'task_steps' ? { n: 2, delay_ms: 20 } : {} };
        const stream = client.experimental.tasks.callToolStream(params, undefined, { task: { ttl: 60_000 } });
        for await (const message of stream) {
            if (message.type === 'taskCreated') ends.push(message.task.status);
            if (message.type === 'result') ends.push(message.result.content[0].text);
            // The client does not fetch what a task says that failed.
            if (message.type === 'error') ends.push(message.error.message.replace(/Task \w+ /, 'Task … '));
        }
    }
    return difference(ends, [
        ...['working', '2 steps'],
        ...['working', 'done'],
        ...['working', 'MCP error -32603: Task … failed'],
    ]);
}

/** A session outlives the client that opened it, until it is ended. */
async function session({ kind, mode, channel, server }) {
    const again = () => new kind.Http(server.url('mcp'), { sessionId: channel.sessionId });
    const [next, late] = [kind.open(mode.options), kind.open(mode.options)];
    await next.connect(again());
    const answer = await echo(next, 'the same session');
    await late.connect(again());
    await next.transport.terminateSession();
    let status;
    try {
        await echo(late, 'too late');
    } catch (error) {
        status =
            error.code === 404 || error.status === 404 || /404/.test(error.message) ? 404 : String(error);
    }
    await Promise.all([next.close(), late.close()]);
    return difference([answer, status], ['the same session', 404]);
}

async function main() {
    const { values, positionals } = parseArgs({
        allowPositionals: true,
        options: { wharf: { type: 'string' }, plugins: { type: 'string' } },
    });
    if (values.wharf === undefined || values.plugins === undefined) {
        console.error('usage: suite.mjs --wharf BINARY --plugins FOLDER [CASES…|manners]');
        return 2;
    }
    const wharf = new Wharf(values.wharf, values.plugins);
    const report = new Report();
    for (const name of positionals.length > 0 ? positionals : [...cases.names(), 'manners']) {
        for (const kind of [SECOND, FIRST]) {
            for (const transport of ['stdio', 'sse', 'http', 'ws']) {
                for (const mode of kind.modes) {
                    const label = `${name} / ${kind.label} / ${transport} / ${mode.name}`;
                    const setting = { wharf, report, kind, mode, transport, label };
                    if (name === 'manners') await runManners(setting);
                    else await runCases(setting, name);
                }
            }
        }
    }
    return report.close();
}

process.exitCode = await main();
