//! What it says when asked what it can do.

use insta::assert_snapshot;

use super::Place;

#[test]
fn help() {
    assert_snapshot!(Place::new().wharf("--help"), @"
    exit 0
    --- stdout
    Serve Model Context Protocol tools from sandboxed WebAssembly plugins.

    A plugin reaches nothing that is not granted to it: no file, no environment variable, no network.
    Every call runs in an instance of its own, with a deadline and a memory limit.

    Usage: wharf [OPTIONS] <COMMAND>

    Commands:
      serve    Serve plugins to clients, over standard input and output, HTTP or Unix sockets
      check    Say what `serve` would serve, what each plugin would be granted, and what is wrong
      build    Compile plugin crates to WebAssembly components
      inspect  Show what a plugin offers, what it imports, and what it would need granted

    Options:
      -h, --help
              Print help (see a summary with '-h')

      -V, --version
              Print version

    Output:
      -v, --verbose...
              Say more in the log; `-vv` says even more

              The log goes to standard error. By default it has warnings and what plugins print. The
              environment variable `WHARF_LOG` chooses more finely, such as
              `WHARF_LOG=warn,wharf=debug,plugin=off`; these flags override it.

      -q, --quiet
              Print errors only: no progress, no ready lines, no warnings

    Examples:
      wharf serve plugins/filesystem --dir ~/notes
      wharf check --config wharf.toml
      wharf build plugins/filesystem --out dist
      wharf inspect dist/filesystem.wasm

    `wharf COMMAND --help` says more about a command.
    ");
}

#[test]
#[expect(clippy::too_many_lines, reason = "there is so much to be said")]
fn help_for_serve() {
    assert_snapshot!(Place::new().wharf("serve --help"), @"
    exit 0
    --- stdout
    Serve plugins to clients, over standard input and output, HTTP or Unix sockets

    Usage: wharf serve [OPTIONS] [PATH]...

    Arguments:
      [PATH]...
              Plugins: `.wasm` components, or folders of plugin crates

              A crate is compiled to wasm32-wasip2 first. Any number of plugins can be served together.
              Without any, `wharf.toml` in the working folder says what to serve.

    Options:
          --config <FILE>
              Read a configuration file: plugins with grants and limits of their own, endpoints

              See docs/configuration.md. Flags for endpoints, limits and folders of the host win over
              the file; flags for grants are for plugins on the command line only.

          --no-watch
              Do not look for changed plugins and configuration while serving

              SIGHUP still has them read again.

      -h, --help
              Print help (see a summary with '-h')

    Endpoints:
          --stdio
              Serve one client over standard input and output

          --listen <ADDR>
              Serve at this address; repeatable [default: 127.0.0.1:8080, unless --stdio is given]

              An IP address and a port serve HTTP: `/mcp` (Streamable HTTP), `/sse` with `/messages`
              (HTTP+SSE), `/ws` (WebSocket) and `/healthz`. `localhost:PORT`, `:PORT` and PORT alone
              mean 127.0.0.1. Port 0 takes any free port; the ready lines say which. `http+unix:PATH`
              serves the same on a Unix socket, and `unix:PATH` serves messages line by line, as on
              standard input and output. Only the user who runs wharf can connect to its sockets. Can be
              combined with --stdio.

          --allow-public
              Allow an ADDR that other machines can reach

              There is no authentication yet: whoever reaches the address can call every tool.

          --allow-host <NAME>
              Accept HTTP requests for this host name, besides loopback names; repeatable

              NAME is what clients have in their URL, such as `tools.example.com`. Other names are
              refused, so that a web page cannot reach the server by having its own name point to it.

          --allow-origin <ORIGIN>
              Accept HTTP requests from web pages of this origin; repeatable

              Such as `https://app.example.com`. Pages of loopback origins are always accepted, others
              refused. Programs that are not browsers send no origin and are not concerned.

    Grants:
          --dir <HOST::GUEST>
              Let plugins read a folder, as `HOST[::GUEST][:ro|:rw]`; repeatable

              HOST is the folder here, GUEST the absolute path plugins see it at, by default the same.
              Read-only, unless `:rw` allows changes too. Given to every plugin on the command line.

          --env <NAME[=VALUE]>
              Give plugins an environment variable, as `NAME=VALUE` or `NAME`; repeatable

              NAME alone passes on the host's value. Given to every plugin on the command line.

          --config-value <NAME[=VALUE]>
              Give plugins a value of `wasi:config`, as `NAME=VALUE` or `NAME`; repeatable

              NAME alone takes the host's environment variable of that name. Given to every plugin on
              the command line.

          --http <HOST>
              Let plugins make HTTP requests to `[http://|https://]HOST[:PORT]`; repeatable

              HOST may be `*.example.org`, for everything below that name. Without a scheme it is
              `https`. Given to every plugin on the command line.

          --store[=<SCOPE>]
              Give plugins a key-value store

              SCOPE says who shares what is in it: all callers of a `plugin`, each `principal` for
              itself (the default), or each `session`. Plugins never share one. Given to every plugin on
              the command line.

          --functions
              Serve the exported functions of components that were not made for wharf as tools

    Limits:
          --timeout <TIME>
              How long a call may take, in `ms`, `s`, `m` or `h` [default: 30s]

              This and the other limits are for every plugin that has none of its own in the
              configuration file.

          --task-timeout <TIME>
              How long a call may take that runs as a task [default: 10m]

          --memory <SIZE>
              How much memory a call may use, in `KiB`, `MiB` or `GiB` [default: 64MiB]

    Data:
          --data-dir <DIR>
              Keep plugins' stores in this folder [default: `$XDG_DATA_HOME/wharf` or
              `~/.local/share/wharf`]

              `memory` keeps nothing beyond the end of this process.

    Cache:
          --cache-dir <DIR>
              Keep compiled code in this folder [default: `$XDG_CACHE_HOME/wharf` or `~/.cache/wharf`]

          --no-cache
              Compile plugins to machine code at every start

    Output:
      -v, --verbose...
              Say more in the log; `-vv` says even more

              The log goes to standard error. By default it has warnings and what plugins print. The
              environment variable `WHARF_LOG` chooses more finely, such as
              `WHARF_LOG=warn,wharf=debug,plugin=off`; these flags override it.

      -q, --quiet
              Print errors only: no progress, no ready lines, no warnings

    Examples:
      Serve a plugin crate at http://127.0.0.1:8080, with a folder to read:
        wharf serve plugins/filesystem --dir ~/notes

      Let it change that folder, which it sees as /notes:
        wharf serve plugins/filesystem --dir ~/notes::/notes:rw

      Serve two components to the program that starts this one, with a key:
        wharf serve --stdio weather.wasm hello.wasm --env WEATHER_KEY

      Serve a component over HTTP and, line by line, on a Unix socket:
        wharf serve --listen 8080 --listen unix:/run/user/1000/mcp.sock hello.wasm

      Serve what a configuration file says:
        wharf serve --config /etc/wharf/wharf.toml
    ");
}

#[test]
fn short_help_for_serve() {
    assert_snapshot!(Place::new().wharf("serve -h"), @"
    exit 0
    --- stdout
    Serve plugins to clients, over standard input and output, HTTP or Unix sockets

    Usage: wharf serve [OPTIONS] [PATH]...

    Arguments:
      [PATH]...  Plugins: `.wasm` components, or folders of plugin crates

    Options:
          --config <FILE>  Read a configuration file: plugins with grants and limits of their own,
                           endpoints
          --no-watch       Do not look for changed plugins and configuration while serving
      -h, --help           Print help (see more with '--help')

    Endpoints:
          --stdio                  Serve one client over standard input and output
          --listen <ADDR>          Serve at this address; repeatable [default: 127.0.0.1:8080, unless
                                   --stdio is given]
          --allow-public           Allow an ADDR that other machines can reach
          --allow-host <NAME>      Accept HTTP requests for this host name, besides loopback names;
                                   repeatable
          --allow-origin <ORIGIN>  Accept HTTP requests from web pages of this origin; repeatable

    Grants:
          --dir <HOST::GUEST>            Let plugins read a folder, as `HOST[::GUEST][:ro|:rw]`;
                                         repeatable
          --env <NAME[=VALUE]>           Give plugins an environment variable, as `NAME=VALUE` or
                                         `NAME`; repeatable
          --config-value <NAME[=VALUE]>  Give plugins a value of `wasi:config`, as `NAME=VALUE` or
                                         `NAME`; repeatable
          --http <HOST>                  Let plugins make HTTP requests to
                                         `[http://|https://]HOST[:PORT]`; repeatable
          --store[=<SCOPE>]              Give plugins a key-value store
          --functions                    Serve the exported functions of components that were not made
                                         for wharf as tools

    Limits:
          --timeout <TIME>       How long a call may take, in `ms`, `s`, `m` or `h` [default: 30s]
          --task-timeout <TIME>  How long a call may take that runs as a task [default: 10m]
          --memory <SIZE>        How much memory a call may use, in `KiB`, `MiB` or `GiB` [default:
                                 64MiB]

    Data:
          --data-dir <DIR>  Keep plugins' stores in this folder [default: `$XDG_DATA_HOME/wharf` or
                            `~/.local/share/wharf`]

    Cache:
          --cache-dir <DIR>  Keep compiled code in this folder [default: `$XDG_CACHE_HOME/wharf` or
                             `~/.cache/wharf`]
          --no-cache         Compile plugins to machine code at every start

    Output:
      -v, --verbose...  Say more in the log; `-vv` says even more
      -q, --quiet       Print errors only: no progress, no ready lines, no warnings

    Examples:
      Serve a plugin crate at http://127.0.0.1:8080, with a folder to read:
        wharf serve plugins/filesystem --dir ~/notes

      Let it change that folder, which it sees as /notes:
        wharf serve plugins/filesystem --dir ~/notes::/notes:rw

      Serve two components to the program that starts this one, with a key:
        wharf serve --stdio weather.wasm hello.wasm --env WEATHER_KEY

      Serve a component over HTTP and, line by line, on a Unix socket:
        wharf serve --listen 8080 --listen unix:/run/user/1000/mcp.sock hello.wasm

      Serve what a configuration file says:
        wharf serve --config /etc/wharf/wharf.toml
    ");
}

#[test]
fn help_for_build() {
    assert_snapshot!(Place::new().wharf("build -h"), @"
    exit 0
    --- stdout
    Compile plugin crates to WebAssembly components

    Usage: wharf build [OPTIONS] <PATH>...

    Arguments:
      <PATH>...  Folders of plugin crates

    Options:
          --out <DIR>  Copy the components into this folder, named after their packages
      -h, --help       Print help (see more with '--help')

    Output:
      -v, --verbose...  Say more in the log; `-vv` says even more
      -q, --quiet       Print errors only: no progress, no ready lines, no warnings

    Examples:
      wharf build plugins/filesystem
      wharf build plugins/* --out dist
    ");
}

#[test]
fn help_for_inspect() {
    assert_snapshot!(Place::new().wharf("inspect -h"), @"
    exit 0
    --- stdout
    Show what a plugin offers, what it imports, and what it would need granted

    Usage: wharf inspect [OPTIONS] <PLUGIN>

    Arguments:
      <PLUGIN>  A `.wasm` component, or the folder of a plugin crate, compiled first

    Options:
          --json  Print JSON
      -h, --help  Print help (see more with '--help')

    Output:
      -v, --verbose...  Say more in the log; `-vv` says even more
      -q, --quiet       Print errors only: no progress, no ready lines, no warnings

    Examples:
      wharf inspect plugins/filesystem
      wharf inspect filesystem.wasm --json
    ");
}

#[test]
fn without_a_command_there_is_help_and_a_failure() {
    let speech = Place::new().wharf("");
    assert!(
        speech.starts_with("exit 2\n--- stderr\nServe Model Context Protocol"),
        "{speech}"
    );
}

#[test]
fn the_version() {
    assert_snapshot!(Place::new().wharf("--version"), @"
    exit 0
    --- stdout
    wharf 0.1.0
    ");
}
