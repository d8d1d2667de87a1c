//! Whether the toolchain of a folder can compile for the target, and making it so.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

use super::{CompileError, TARGET};
use crate::config::CompileConfig;

/// A command that is run in a folder and ends with whoever waits for it. It gets
/// no standard input, and none of the variables that could mislead it.
pub(super) fn command(program: &str, folder: &Path, config: &CompileConfig) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(folder)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    for name in &config.forget {
        command.env_remove(name);
    }
    command
}

/// Why a program did not start.
pub(super) fn not_started(program: &'static str, source: std::io::Error) -> CompileError {
    if source.kind() == std::io::ErrorKind::NotFound {
        CompileError::NoProgram { program }
    } else {
        CompileError::Program { program, source }
    }
}

/// Whether the standard library for the target is installed. The compiler itself
/// is asked, since not every toolchain comes from rustup.
pub(super) async fn has_target(
    folder: &Path,
    config: &CompileConfig,
) -> Result<bool, CompileError> {
    let child = command("rustc", folder, config)
        .args(["--print", "target-libdir", "--target", TARGET])
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|source| not_started("rustc", source))?;
    let output = child
        .wait_with_output()
        .await
        .map_err(|source| CompileError::Program {
            program: "rustc",
            source,
        })?;
    if !output.status.success() {
        return Err(CompileError::UnknownTarget {
            folder: folder.to_owned(),
        });
    }
    let libraries = String::from_utf8_lossy(&output.stdout);
    Ok(PathBuf::from(libraries.trim_end()).is_dir())
}

/// Has rustup add the target to the toolchain of the folder.
pub(super) async fn add_target(folder: &Path, config: &CompileConfig) -> Result<(), CompileError> {
    let started = command("rustup", folder, config)
        .args(["target", "add", TARGET])
        .stdout(Stdio::null())
        .status()
        .await;
    let lacking = |rustup| CompileError::NoTarget {
        folder: folder.to_owned(),
        rustup,
    };
    match started {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(lacking(true)),
        Err(_) => Err(lacking(false)),
    }
}
