//! Starting the wharf binary as people do: as a server, or as a client's child.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{self, Stdio};
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// How long a host may take to begin and to end on a busy machine.
const PATIENCE: Duration = Duration::from_mins(5);
/// Streamable HTTP, HTTP+SSE and WebSocket, twice, and lines.
const ENDPOINTS: usize = 7;
/// 2026-01-02T03:04:05Z, the age of all files that a case file asks for.
const LAST_CHANGE: Duration = Duration::from_secs(1_767_323_045);

/// How to start the binary.
#[derive(Debug)]
pub(crate) struct Wharf {
    pub(crate) binary: PathBuf,
    pub(crate) plugins: PathBuf,
    pub(crate) version: String,
}

impl Wharf {
    pub(crate) fn new(binary: PathBuf, plugins: PathBuf) -> Result<Self> {
        let said = process::Command::new(&binary)
            .arg("--version")
            .output()?
            .stdout;
        let said = String::from_utf8(said)?;
        let version = said
            .split_whitespace()
            .nth(1)
            .context("no version")?
            .to_owned();
        Ok(Self {
            binary,
            plugins,
            version,
        })
    }

    /// The command that serves what a case file asks for.
    pub(crate) fn serve(&self, serve: &Value, folder: &Folder) -> Command {
        let mut command = Command::new(&self.binary);
        command.arg("serve").args(texts(&serve["args"]));
        command.arg("--cache-dir").arg(self.plugins.join("cache"));
        if let Some(guest) = serve["folder"]["guest"].as_str() {
            command
                .arg("--dir")
                .arg(format!("{}::{guest}:rw", folder.path.display()));
        }
        command
            .args(texts(&serve["plugins"]).map(|name| self.plugins.join(format!("{name}.wasm"))));
        command
    }
}

fn texts(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}

/// A host that listens, until told to stop. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    _reading: JoinSet<()>,
    /// `127.0.0.1:PORT`.
    pub(crate) address: String,
}

impl Server {
    pub(crate) async fn start(mut command: Command, folder: &Folder) -> Result<Self> {
        command.args(["--listen", "127.0.0.1:0"]);
        command
            .arg("--listen")
            .arg(format!("unix:{}", folder.lines().display()));
        command
            .arg("--listen")
            .arg(format!("http+unix:{}", folder.http().display()));
        command
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn()?;
        let mut log = BufReader::new(child.stderr.take().context("no log")?).lines();
        let (mut ready, mut address) = (0, None);
        while ready < ENDPOINTS {
            let line = timeout(PATIENCE, log.next_line()).await??;
            let Some(line) = line else {
                bail!("the host ended")
            };
            if let Some(rest) = line.strip_prefix("ready: ") {
                ready += 1;
                let tcp = rest
                    .strip_prefix("http://")
                    .and_then(|rest| rest.split('/').next());
                address = address.or(tcp.map(str::to_owned));
            }
        }
        // Nobody reads the rest; it must not fill the pipe.
        let mut reading = JoinSet::new();
        reading.spawn(async move { while let Ok(Some(_)) = log.next_line().await {} });
        Ok(Self {
            child,
            _reading: reading,
            address: address.context("no address")?,
        })
    }

    /// Asks it to end.
    pub(crate) async fn stop(mut self) -> Result<()> {
        let pid = self.child.id().context("it has ended already")?;
        let asked = process::Command::new("kill")
            .arg(pid.to_string())
            .status()?;
        ensure!(asked.success(), "it cannot be asked to end");
        let status = timeout(PATIENCE, self.child.wait()).await??;
        ensure!(status.success(), "it ended with {status}");
        Ok(())
    }
}

/// A folder with the files that a case file asks for, and one for sockets.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    sockets: PathBuf,
}

impl Folder {
    pub(crate) fn new(serve: &Value, number: usize) -> Result<Self> {
        let root = std::env::temp_dir().join(format!("wharf-rmcp-{}-{number}", process::id()));
        let folder = Self {
            path: root.join("files"),
            sockets: root.join("sockets"),
        };
        fs::create_dir_all(&folder.path)?;
        fs::create_dir_all(&folder.sockets)?;
        for (name, text) in serve["folder"]["files"].as_object().into_iter().flatten() {
            let file = folder.path.join(name);
            fs::create_dir_all(file.parent().context("no parent")?)?;
            fs::write(&file, text.as_str().unwrap_or_default())?;
            fs::File::options()
                .write(true)
                .open(&file)?
                .set_modified(SystemTime::UNIX_EPOCH + LAST_CHANGE)?;
        }
        for (name, target) in serve["folder"]["links"].as_object().into_iter().flatten() {
            symlink(target.as_str().unwrap_or_default(), folder.path.join(name))?;
        }
        Ok(folder)
    }

    pub(crate) fn lines(&self) -> PathBuf {
        self.sockets.join("lines")
    }

    pub(crate) fn http(&self) -> PathBuf {
        self.sockets.join("http")
    }

    /// All files in it, without following links.
    pub(crate) fn files(&self) -> Result<Value> {
        let mut found = BTreeMap::new();
        collect(&self.path, &self.path, &mut found)?;
        Ok(serde_json::to_value(found)?)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Some(root) = self.path.parent() {
            // What is left in the folder for temporary files bothers nobody.
            drop(fs::remove_dir_all(root));
        }
    }
}

fn collect(root: &Path, folder: &Path, found: &mut BTreeMap<String, String>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            collect(root, &entry.path(), found)?;
        } else if kind.is_file() {
            let name = entry.path().strip_prefix(root)?.display().to_string();
            found.insert(name, fs::read_to_string(entry.path())?);
        }
    }
    Ok(())
}
