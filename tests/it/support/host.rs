//! The program as a process.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdin, Command, Output, Stdio};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use tempfile::TempDir;

use super::inside::{Inside, MemoryLink};
use super::link::Heard;
use super::{Binding, Lines, PATIENCE, eventually};

/// A running `wharf serve`, in a folder of its own. Dropping it kills it.
pub(crate) struct Host {
    program: Program,
    address: Option<SocketAddr>,
    folder: Folder,
}

/// What serves.
enum Program {
    Process {
        child: Child,
        log: Arc<Transcript>,
    },
    /// Not one of its own.
    Inside(Inside),
}

/// Where a host runs.
enum Folder {
    Own(TempDir),
    Shared(PathBuf),
}

/// What a process can be told.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Signal {
    Interrupt,
    Terminate,
    Hangup,
}

/// What a process has written to standard error so far.
#[derive(Default)]
struct Transcript {
    state: Mutex<Written>,
    grown: Condvar,
}

#[derive(Default)]
struct Written {
    text: String,
    ended: bool,
}

impl Host {
    /// A host that is to be reached by this.
    pub(crate) fn of(binding: Binding, arguments: &[&str]) -> Self {
        match binding {
            Binding::Memory => Self {
                program: Program::Inside(Inside::new(arguments)),
                address: None,
                folder: Folder::Own(TempDir::new().unwrap()),
            },
            Binding::Stdio
            | Binding::Unix
            | Binding::Sse
            | Binding::Streamable
            | Binding::WebSocket => Self::serve(&[binding.endpoint(), arguments].concat()),
        }
    }

    /// Runs `wharf serve` with these arguments, and waits until it says that every
    /// endpoint is ready.
    pub(crate) fn serve(arguments: &[&str]) -> Self {
        let folder = Folder::Own(TempDir::new().unwrap());
        Self::start(folder, arguments)
    }

    /// The same in this folder.
    pub(crate) fn serve_in(folder: &Path, arguments: &[&str]) -> Self {
        let folder = Folder::Shared(folder.to_owned());
        Self::start(folder, arguments)
    }

    /// The same with these variables in its environment.
    pub(crate) fn serve_with(
        folder: &Path,
        variables: &[(&str, &str)],
        arguments: &[&str],
    ) -> Self {
        let mut command = command(arguments);
        command.envs(variables.iter().copied());
        Self::start_as(command, Folder::Shared(folder.to_owned()), arguments)
    }

    /// The same for a host whose files cannot grow beyond so many blocks of 512 bytes,
    /// as long as nobody raises that.
    pub(crate) fn serve_with_small_files(folder: &Path, arguments: &[&str], blocks: u64) -> Self {
        let wharf = command(arguments);
        let mut shell = Command::new("/bin/sh");
        // Writing is to fail, not to kill.
        let script = format!("trap '' XFSZ; ulimit -S -f {blocks}; exec \"$@\"");
        shell.args(["-c", &script, "sh"]).arg(wharf.get_program());
        shell.args(wharf.get_args()).env_clear();
        Self::start_as(shell, Folder::Shared(folder.to_owned()), arguments)
    }

    fn start(folder: Folder, arguments: &[&str]) -> Self {
        Self::start_as(command(arguments), folder, arguments)
    }

    fn start_as(mut command: Command, folder: Folder, arguments: &[&str]) -> Self {
        let mut child = command
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program runs");
        let log = Arc::new(Transcript::default());
        let stderr = child.stderr.take().expect("it was asked for");
        thread::spawn({
            let log = Arc::clone(&log);
            move || log.follow(stderr)
        });
        let mut host = Self {
            program: Program::Process { child, log },
            address: None,
            folder,
        };
        if arguments.contains(&"--stdio") {
            host.wait_for_log("ready: stdio");
        }
        for pair in arguments.windows(2).filter(|pair| pair[0] == "--listen") {
            if pair[1].starts_with("unix:") {
                host.wait_for_log(&format!("ready: {} (line by line)", pair[1]));
            } else if let Some(path) = pair[1].strip_prefix("http+unix:") {
                host.wait_for_log(&format!("ready: ws+unix:{path}:/ws (WebSocket)"));
            } else {
                host.wait_for_log("/ws (WebSocket)");
                host.address = Some(host.transcript().wait_for("ready: http://", address));
            }
        }
        host
    }

    /// The folder it runs in.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where it listens with `--listen unix:wharf.sock`.
    pub(crate) fn socket(&self) -> PathBuf {
        self.folder().join("wharf.sock")
    }

    /// Where it serves HTTP.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address.expect("the host was started with --listen")
    }

    /// Its standard input and output. They can be had once.
    pub(crate) fn lines(&mut self) -> Lines {
        let stdin = self.child().stdin.take().expect("not taken before");
        let stdout = self.child().stdout.take().expect("not taken before");
        Lines::new(stdin, stdout)
    }

    /// Its standard input, for somebody who does not read its standard output.
    pub(crate) fn stdin(&mut self) -> ChildStdin {
        self.child().stdin.take().expect("not taken before")
    }

    /// A connection in memory.
    pub(super) fn connect(&mut self, inbox: Sender<Heard>) -> MemoryLink {
        match &mut self.program {
            Program::Inside(host) => host.connect(inbox),
            Program::Process { .. } => panic!("memory is not shared between processes"),
        }
    }

    fn child(&mut self) -> &mut Child {
        match &mut self.program {
            Program::Process { child, .. } => child,
            Program::Inside(_) => panic!("there is no process"),
        }
    }

    fn transcript(&self) -> &Transcript {
        match &self.program {
            Program::Process { log, .. } => log,
            Program::Inside(_) => panic!("there is no log"),
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        match &self.program {
            Program::Process { child, .. } => child.id(),
            Program::Inside(_) => std::process::id(),
        }
    }

    /// Ends its standard input, without anybody having used it.
    pub(crate) fn close_stdin(&mut self) {
        drop(self.child().stdin.take());
    }

    /// What it has written to standard error so far.
    pub(crate) fn log(&self) -> String {
        self.transcript().state.lock().unwrap().text.clone()
    }

    /// Waits until this has been written to standard error.
    pub(crate) fn wait_for_log(&self, text: &str) {
        self.transcript()
            .wait_for(text, |log| log.contains(text).then_some(()));
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let name = match signal {
            Signal::Interrupt => "INT",
            Signal::Terminate => "TERM",
            Signal::Hangup => "HUP",
        };
        if let Program::Inside(host) = &self.program {
            return host.drain();
        }
        let kill = format!("kill -{name} {}", self.pid());
        let status = Command::new("sh").args(["-c", &kill]).status();
        assert!(status.expect("there is a shell").success(), "{kill}");
    }

    /// Waits for its end. The exit code; none if a signal killed it.
    pub(crate) fn exit_code(&mut self) -> Option<i32> {
        if let Program::Inside(host) = &mut self.program {
            host.wait();
            return Some(0);
        }
        let child = self.child();
        eventually("the program ends", || child.try_wait().unwrap()).code()
    }

    /// The most memory it has had so far, in mebibytes.
    pub(crate) fn peak_memory(&self) -> u64 {
        let status = format!("/proc/{}/status", self.pid());
        let status = std::fs::read_to_string(status).expect("the host runs, on Linux");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kibibytes = peak.and_then(|peak| peak.trim().strip_suffix(" kB"));
        kibibytes.expect("Linux tells").parse::<u64>().unwrap() / 1024
    }
}

impl Folder {
    fn path(&self) -> &Path {
        match self {
            Self::Own(folder) => folder.path(),
            Self::Shared(folder) => folder,
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if let Program::Process { child, .. } = &mut self.program {
            // It may have ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Runs `wharf serve` with these arguments, which it is to refuse.
pub(crate) fn refused(arguments: &[&str]) -> (Option<i32>, String) {
    let folder = TempDir::new().unwrap();
    refused_in(folder.path(), arguments)
}

/// The same in this folder.
pub(crate) fn refused_in(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = command(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output();
    let Output {
        status,
        stdout,
        stderr,
    } = output.expect("the program runs");
    assert_eq!(stdout, b"", "standard output is for data");
    (status.code(), String::from_utf8(stderr).unwrap())
}

/// The program with nothing in its environment, and with a cache of the tests' own.
/// Compiling is most of what they would spend their time on, so all share one.
fn command(arguments: &[&str]) -> Command {
    let cache = concat!(env!("CARGO_TARGET_TMPDIR"), "/compiled");
    let mut command = Command::new(env!("CARGO_BIN_EXE_wharf"));
    command
        .arg("serve")
        .args(arguments)
        .args(["--cache-dir", cache])
        .env_clear();
    command
}

/// The address in the first ready line of an HTTP endpoint.
fn address(log: &str) -> Option<SocketAddr> {
    let (_, rest) = log.split_once("ready: http://")?;
    rest.split_once('/')?.0.parse().ok()
}

impl Transcript {
    fn follow(&self, stderr: ChildStderr) {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            let mut state = self.state.lock().unwrap();
            state.text.push_str(&line);
            state.text.push('\n');
            self.grown.notify_all();
        }
        self.state.lock().unwrap().ended = true;
        self.grown.notify_all();
    }

    fn wait_for<T>(&self, what: &str, find: impl Fn(&str) -> Option<T>) -> T {
        let state = self.state.lock().unwrap();
        let missing = |state: &mut Written| find(&state.text).is_none() && !state.ended;
        let waited = self.grown.wait_timeout_while(state, PATIENCE, missing);
        let text = waited.unwrap().0.text.clone();
        find(&text).unwrap_or_else(|| panic!("no `{what}` in:\n{text}"))
    }
}
