//! What the program says: help, and the answer to every mistake, with the exit
//! code that scripts see.
//!
//! Nothing here serves anything. Programs that wharf runs are stand-ins where the
//! real ones would need a network.

mod checking;
mod compiling;
mod help;
mod inspecting;
mod mistakes;

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A folder to run the program in, with an environment that is empty but for
/// what finds cargo.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file, with the folders it is in.
    fn file(&self, name: &str, text: &str) -> &Self {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// A crate that needs nothing, `manifest` being the end of its Cargo.toml.
    fn package(&self, folder: &str, name: &str, manifest: &str) -> &Self {
        let package = format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n{manifest}\n");
        self.file(&format!("{folder}/Cargo.toml"), &package);
        self.file(&format!("{folder}/src/lib.rs"), "")
    }

    /// A shell script in `bin`.
    #[cfg(unix)]
    fn program(&self, name: &str, script: &str) -> &Self {
        use std::os::unix::fs::PermissionsExt;

        let name = format!("bin/{name}");
        self.file(&name, &format!("#!/bin/sh\n{script}\n"));
        let path = self.path().join(name);
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wharf"));
        command
            .args(line.split_whitespace())
            .current_dir(self.path());
        command.env_clear().stdin(Stdio::null());
        for name in [
            "PATH",
            "HOME",
            "CARGO_HOME",
            "RUSTUP_HOME",
            "RUSTUP_TOOLCHAIN",
        ] {
            command.envs(env::var_os(name).map(|value| (name, value)));
        }
        command
    }

    /// Runs `wharf` with the words of `line`.
    fn wharf(&self, line: &str) -> String {
        self.speech(&self.command(line).output().unwrap())
    }

    /// The same where only the programs in `bin` are installed.
    #[cfg(unix)]
    fn wharf_with_bin(&self, line: &str) -> String {
        self.speech(&self.command_with_bin(line).output().unwrap())
    }

    #[cfg(unix)]
    fn command_with_bin(&self, line: &str) -> Command {
        let mut command = self.command(line);
        command.env("PATH", self.path().join("bin"));
        command
    }

    /// What can be seen of a run, the same on every machine.
    fn speech(&self, output: &Output) -> String {
        let text = |bytes| {
            let text = String::from_utf8_lossy(bytes);
            let lines: Vec<_> = text.lines().map(str::trim_end).collect();
            lines.join("\n")
        };
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        let mut speech = vec![format!("exit {}", output.status.code().unwrap())];
        for (name, text) in [("stdout", out), ("stderr", err)] {
            if !text.is_empty() {
                speech.extend([format!("--- {name}"), text]);
            }
        }
        let real = self.path().canonicalize().unwrap();
        speech
            .join("\n")
            .replace(real.to_str().unwrap(), "[FOLDER]")
    }
}
