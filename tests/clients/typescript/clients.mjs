// The two official TypeScript clients, seen alike.
//
// Both have the same functions; what differs is where they are imported from,
// how a handler is set, and how an error looks.

import * as second from '@modelcontextprotocol/client';
import { StdioClientTransport as SecondStdio } from '@modelcontextprotocol/client/stdio';
import { Client as FirstClient } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport as FirstSse } from '@modelcontextprotocol/sdk/client/sse.js';
import { StdioClientTransport as FirstStdio } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as FirstHttp } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
    LoggingMessageNotificationSchema,
    McpError,
    ProgressNotificationSchema,
    ResultSchema,
} from '@modelcontextprotocol/sdk/types.js';

export const MODERN = '2026-07-28';
const LATEST_LEGACY = '2025-11-25';
const LEGACY = ['2024-11-05', '2025-03-26', '2025-06-18', LATEST_LEGACY];
const INFO = { name: 'wharf-clients', version: '0.0.0' };

/** Release 2: `@modelcontextprotocol/client`. */
export const SECOND = {
    label: 'client 2',
    Stdio: SecondStdio,
    Sse: second.SSEClientTransport,
    Http: second.StreamableHTTPClientTransport,
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
    open: options => new second.Client(INFO, options),
    callOptions: options => [options],
    revision: client => client.getNegotiatedProtocolVersion(),
    onLog: (client, handler) => client.setNotificationHandler('notifications/message', handler),
    onProgress: (client, handler) => client.setNotificationHandler('notifications/progress', handler),
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

/** Release 1: `@modelcontextprotocol/sdk`. */
export const FIRST = {
    label: 'sdk 1',
    Stdio: FirstStdio,
    Sse: FirstSse,
    Http: FirstHttp,
    modes: [{ name: LATEST_LEGACY, revision: LATEST_LEGACY, options: {} }],
    open: options => new FirstClient(INFO, options),
    callOptions: options => [undefined, options],
    revision: () => LATEST_LEGACY,
    onLog: (client, handler) => client.setNotificationHandler(LoggingMessageNotificationSchema, handler),
    onProgress: (client, handler) => client.setNotificationHandler(ProgressNotificationSchema, handler),
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
