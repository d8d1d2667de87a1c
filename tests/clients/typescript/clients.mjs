// The two official TypeScript clients, seen alike.
//
// Both have the same functions; what differs is where they are imported from,
// how a handler is set, and how an error looks. Release 2 has no WebSocket transport
// any more, and takes that of release 1.

import * as second from '@modelcontextprotocol/client';
import { StdioClientTransport as SecondStdio } from '@modelcontextprotocol/client/stdio';
import { Client as FirstClient } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport as FirstSse } from '@modelcontextprotocol/sdk/client/sse.js';
import { StdioClientTransport as FirstStdio } from '@modelcontextprotocol/sdk/client/stdio.js';
import { WebSocketClientTransport as WebSockets } from '@modelcontextprotocol/sdk/client/websocket.js';
import { StreamableHTTPClientTransport as FirstHttp } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
    CreateMessageRequestSchema,
    ElicitRequestSchema,
    ListRootsRequestSchema,
    LoggingMessageNotificationSchema,
    McpError,
    ProgressNotificationSchema,
    PromptListChangedNotificationSchema,
    ResourceListChangedNotificationSchema,
    ResourceUpdatedNotificationSchema,
    ResultSchema,
    ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { WebSocket } from 'ws';

// Node 22 has it by itself.
globalThis.WebSocket ??= WebSocket;

export const MODERN = '2026-07-28';
const LATEST_LEGACY = '2025-11-25';
const LEGACY = ['2024-11-05', '2025-03-26', '2025-06-18', LATEST_LEGACY];
const QUESTIONS = ['elicitation/create', 'sampling/createMessage', 'roots/list'];
const CHANGES = [
    'notifications/tools/list_changed',
    'notifications/prompts/list_changed',
    'notifications/resources/list_changed',
    'notifications/resources/updated',
];
// What a client declares that can be asked everything.
const CAN_BE_ASKED = { capabilities: { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} } };
const INFO = { name: 'wharf-clients', version: '0.0.0' };

/** Release 2: `@modelcontextprotocol/client`. */
export const SECOND = {
    label: 'client 2',
    Stdio: SecondStdio,
    Sse: second.SSEClientTransport,
    Http: second.StreamableHTTPClientTransport,
    Ws: WebSockets,
    // Every revision with sessions, the one without, and what the client chooses.
    modes: [
        ...LEGACY.map(revision => ({
            name: revision,
            revision,
            options: { supportedProtocolVersions: [revision] },
        })),
        { name: MODERN, revision: MODERN, options: { versionNegotiation: { mode: { pin: MODERN } } } },
        { name: 'auto', revision: MODERN, options: { versionNegotiation: { mode: 'auto' } } },
    ],
    open: (options, asks) => new second.Client(INFO, { ...options, ...(asks ? CAN_BE_ASKED : {}) }),
    callOptions: options => [options],
    revision: client => client.getNegotiatedProtocolVersion(),
    onLog: (client, handler) => client.setNotificationHandler('notifications/message', handler),
    onProgress: (client, handler) => client.setNotificationHandler('notifications/progress', handler),
    onChange(client, handler) {
        for (const method of CHANGES) client.setNotificationHandler(method, handler);
    },
    onQuestion(client, handler) {
        for (const method of QUESTIONS) client.setRequestHandler(method, handler);
    },
    anyResult: { '~standard': { version: 1, vendor: 'wharf-clients', validate: value => ({ value }) } },
    error(error) {
        // It does not read the body of a 404, which is where the modern era has errors
        // about methods.
        if (second.SdkHttpError.isInstance(error) && error.data.status === 404) {
            return JSON.parse(error.data.text).error;
        }
        if (!second.ProtocolError.isInstance(error)) throw error;
        return { code: error.code, message: error.message, data: error.data };
    },
    expected(outcome) {
        // It turns the older code for a resource that is not found into the newer one.
        if (outcome.error?.code === -32002) outcome.error.code = -32602;
        return withoutTitles(outcome);
    },
};

const QUESTION_SCHEMAS = [ElicitRequestSchema, CreateMessageRequestSchema, ListRootsRequestSchema];
const CHANGE_SCHEMAS = [
    ToolListChangedNotificationSchema,
    PromptListChangedNotificationSchema,
    ResourceListChangedNotificationSchema,
    ResourceUpdatedNotificationSchema,
];

/** Release 1: `@modelcontextprotocol/sdk`. */
export const FIRST = {
    label: 'sdk 1',
    Stdio: FirstStdio,
    Sse: FirstSse,
    Http: FirstHttp,
    Ws: WebSockets,
    modes: [{ name: LATEST_LEGACY, revision: LATEST_LEGACY, options: {} }],
    open: (options, asks) => new FirstClient(INFO, { ...options, ...(asks ? CAN_BE_ASKED : {}) }),
    callOptions: options => [undefined, options],
    revision: () => LATEST_LEGACY,
    onLog: (client, handler) => client.setNotificationHandler(LoggingMessageNotificationSchema, handler),
    onProgress: (client, handler) => client.setNotificationHandler(ProgressNotificationSchema, handler),
    onChange(client, handler) {
        for (const schema of CHANGE_SCHEMAS) client.setNotificationHandler(schema, handler);
    },
    onQuestion(client, handler) {
        for (const schema of QUESTION_SCHEMAS) client.setRequestHandler(schema, handler);
    },
    anyResult: ResultSchema,
    error(error) {
        if (!(error instanceof McpError)) throw error;
        // It puts the code in front of the message.
        const message = error.message.replace(`MCP error ${error.code}: `, '');
        return { code: error.code, message, data: error.data };
    },
    expected: withoutTitles,
};

/** What both expect: they drop the titles of prompts' arguments. */
function withoutTitles(outcome) {
    const prompts = outcome.result?.prompts ?? [];
    for (const argument of prompts.flatMap(prompt => prompt.arguments ?? [])) delete argument.title;
    return outcome;
}
