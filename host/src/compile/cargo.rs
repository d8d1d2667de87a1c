//! What is asked of cargo: which package is in a folder, and its component.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde::Deserialize;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::ChildStdout;

use super::error::CargoSays;
use super::toolchain::{command, not_started};
use super::{CompileError, TARGET};
use crate::config::CompileConfig;

/// The profile for workspaces that do not define it. Small code starts fast and
/// is quick to load; names of functions stay, for traps to be understood.
const PROFILE: &[&str] = &[
    r#"profile.plugin.inherits="release""#,
    r#"profile.plugin.opt-level="s""#,
    "profile.plugin.lto=true",
    "profile.plugin.codegen-units=1",
    r#"profile.plugin.strip="debuginfo""#,
];

/// The package in a folder.
#[derive(Debug)]
pub(super) struct Package {
    pub(super) name: String,
    /// What cargo calls it, among all packages there are.
    id: String,
    /// Whether its workspace defines the profile.
    has_profile: bool,
}

/// What `cargo metadata` prints, as far as it matters.
#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<Described>,
    workspace_root: PathBuf,
}

/// A package in it.
#[derive(Debug, Deserialize)]
struct Described {
    name: String,
    id: String,
    manifest_path: PathBuf,
    targets: Vec<Target>,
}

#[derive(Debug, Deserialize)]
struct Target {
    kind: Vec<String>,
}

/// A line of what `cargo build` prints, if it is about something that was made.
#[derive(Debug, Deserialize)]
struct Artifact {
    package_id: String,
    target: Target,
    filenames: Vec<PathBuf>,
}

/// Finds the package in the folder, and that it can be a plugin.
pub(super) async fn package(
    folder: &Path,
    config: &CompileConfig,
) -> Result<Package, CompileError> {
    let metadata = metadata(folder, config).await?;
    let manifest = folder.join("Cargo.toml").canonicalize().ok();
    let is_here = |package: &&Described| package.manifest_path.canonicalize().ok() == manifest;
    let Some(package) = metadata.packages.iter().find(is_here) else {
        return Err(CompileError::Workspace {
            folder: folder.to_owned(),
            plugins: metadata.plugins(folder),
        });
    };
    if !package.is_plugin() {
        return Err(CompileError::NotCdylib {
            name: package.name.clone(),
        });
    }
    Ok(Package {
        name: package.name.clone(),
        id: package.id.clone(),
        has_profile: defines_profile(&metadata.workspace_root),
    })
}

/// Compiles the package, and returns where the component is.
pub(super) async fn build(
    folder: &Path,
    package: &Package,
    config: &CompileConfig,
) -> Result<PathBuf, CompileError> {
    let mut command = command("cargo", folder, config);
    command
        .args(["build", "--lib", "--profile", "plugin", "--target", TARGET])
        .args(["--package", &package.id])
        .args(["--message-format", "json-render-diagnostics"])
        .stdout(Stdio::piped());
    if config.quiet {
        command.arg("--quiet");
    }
    if !package.has_profile {
        command.args(PROFILE.iter().flat_map(|setting| ["--config", setting]));
    }
    let mut cargo = command
        .spawn()
        .map_err(|source| not_started("cargo", source))?;
    let component = match cargo.stdout.take() {
        Some(stdout) => component(stdout, package).await?,
        None => None,
    };
    match cargo.wait().await {
        Ok(status) if !status.success() => Err(CompileError::Failed {
            folder: folder.to_owned(),
        }),
        Ok(_) => component.ok_or_else(|| CompileError::NoComponent {
            folder: folder.to_owned(),
        }),
        Err(source) => Err(CompileError::Program {
            program: "cargo",
            source,
        }),
    }
}

/// Looks through everything that cargo prints for the component.
async fn component(
    stdout: ChildStdout,
    package: &Package,
) -> Result<Option<PathBuf>, CompileError> {
    let mut lines = BufReader::new(stdout).lines();
    let mut found = None;
    let failed = |source| CompileError::Program {
        program: "cargo",
        source,
    };
    while let Some(line) = lines.next_line().await.map_err(failed)? {
        // Lines that are not of this form are about something else.
        if let Ok(artifact) = serde_json::from_str::<Artifact>(&line) {
            found = artifact.component_of(package).or(found);
        }
    }
    Ok(found)
}

async fn metadata(folder: &Path, config: &CompileConfig) -> Result<Metadata, CompileError> {
    let output = command("cargo", folder, config)
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .output()
        .await
        .map_err(|source| not_started("cargo", source))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.trim_end();
        return Err(CompileError::Manifest {
            folder: folder.to_owned(),
            source: CargoSays(said.strip_prefix("error: ").unwrap_or(said).to_owned()),
        });
    }
    serde_json::from_slice(&output.stdout).map_err(|source| CompileError::Answer {
        program: "cargo metadata",
        source,
    })
}

/// Whether the root manifest has a section for the profile. This reads lines, not
/// TOML: where somebody writes it in another way, our settings override theirs,
/// and the crate compiles all the same.
fn defines_profile(workspace: &Path) -> bool {
    let manifest = fs::read_to_string(workspace.join("Cargo.toml")).unwrap_or_default();
    manifest
        .lines()
        .any(|line| line.trim_start().starts_with("[profile.plugin]"))
}

impl Metadata {
    /// The folders of the packages that could be plugins, as somebody would write
    /// them who wrote `folder`.
    fn plugins(&self, folder: &Path) -> Vec<PathBuf> {
        let plugins = self.packages.iter().filter(|package| package.is_plugin());
        let folders = plugins.filter_map(|package| package.manifest_path.parent());
        let written = |path: &Path| match path.strip_prefix(&self.workspace_root) {
            Ok(below) => folder.join(below),
            Err(_) => path.to_owned(),
        };
        folders.map(written).collect()
    }
}

impl Described {
    fn is_plugin(&self) -> bool {
        self.targets.iter().any(Target::is_cdylib)
    }
}

impl Target {
    fn is_cdylib(&self) -> bool {
        self.kind.iter().any(|kind| kind == "cdylib")
    }
}

impl Artifact {
    fn component_of(&self, package: &Package) -> Option<PathBuf> {
        if self.package_id != package.id || !self.target.is_cdylib() {
            return None;
        }
        let is_wasm = |path: &&PathBuf| path.extension().is_some_and(|name| name == "wasm");
        self.filenames.iter().find(is_wasm).cloned()
    }
}
