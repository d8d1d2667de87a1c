//! Why there is no component, and what to do.

use std::io;
use std::path::PathBuf;

use super::TARGET;

/// Why a crate did not become a component.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// Not a crate.
    #[error("the folder `{}` has no Cargo.toml", .folder.display())]
    NoManifest {
        /// The folder.
        folder: PathBuf,
    },
    /// Cargo does not understand the crate.
    #[error("cargo does not accept the manifest of `{}`", .folder.display())]
    Manifest {
        /// The folder.
        folder: PathBuf,
        /// What cargo says.
        source: CargoSays,
    },
    /// A folder of crates.
    #[error("the folder `{}` is a workspace, not a crate", .folder.display())]
    Workspace {
        /// The folder.
        folder: PathBuf,
        /// The crates in it that could be plugins.
        plugins: Vec<PathBuf>,
    },
    /// A program, or a library for Rust alone.
    #[error("the crate `{name}` is not made to be a plugin: it has no target of type `cdylib`")]
    NotCdylib {
        /// Its name.
        name: String,
    },
    /// A program is missing.
    #[error("`{program}` is not installed, or not where PATH leads")]
    NoProgram {
        /// Which.
        program: &'static str,
    },
    /// A program is there and cannot be used.
    #[error("`{program}` cannot be run")]
    Program {
        /// Which.
        program: &'static str,
        /// Why not.
        source: io::Error,
    },
    /// A program answers with something else than expected.
    #[error("`{program}` gave an answer that cannot be understood")]
    Answer {
        /// Which.
        program: &'static str,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A toolchain that is too old, or broken.
    #[error("the Rust toolchain used in `{}` does not know {TARGET}", .folder.display())]
    UnknownTarget {
        /// The folder.
        folder: PathBuf,
    },
    /// A toolchain without the target's standard library, which could not be added.
    #[error("the Rust toolchain used in `{}` lacks the target {TARGET}", .folder.display())]
    NoTarget {
        /// The folder.
        folder: PathBuf,
        /// Whether there is a rustup that could not add it.
        rustup: bool,
    },
    /// The compiler has said what is wrong.
    #[error("`{}` does not compile", .folder.display())]
    Failed {
        /// The folder.
        folder: PathBuf,
    },
    /// Cargo was content, and yet there is nothing.
    #[error("compiling `{}` produced no WebAssembly", .folder.display())]
    NoComponent {
        /// The folder.
        folder: PathBuf,
    },
    /// Two crates whose components would be one file.
    #[error("two of the crates are called `{name}`")]
    SameName {
        /// The name.
        name: String,
    },
    /// The component could not be copied.
    #[error("`{}` cannot be written", .path.display())]
    Copy {
        /// Where to.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// What cargo says about a manifest.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct CargoSays(pub(super) String);

impl CompileError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoManifest { .. } => {
                Some("a plugin is a `.wasm` component or the folder of a plugin crate".to_owned())
            }
            Self::Workspace { plugins, .. } => workspace_hint(plugins),
            Self::NotCdylib { .. } => Some(
                "a plugin is a library; its Cargo.toml says\n  [lib]\n  crate-type = [\"cdylib\"]"
                    .to_owned(),
            ),
            Self::NoProgram { .. } => Some(
                "install Rust from https://rustup.rs, or give a `.wasm` component instead"
                    .to_owned(),
            ),
            Self::UnknownTarget { .. } => {
                Some("use Rust 1.82 or newer: `rustup update stable`".to_owned())
            }
            Self::NoTarget {
                rustup: true,
                folder,
            } => Some(format!(
                "add it with `cd {} && rustup target add {TARGET}`",
                folder.display()
            )),
            Self::NoTarget { rustup: false, .. } => Some(format!(
                "install Rust from https://rustup.rs and run `rustup target add {TARGET}`, or \
                 install the package with the {TARGET} standard library where Rust came from"
            )),
            Self::SameName { .. } => Some("build them into folders of their own".to_owned()),
            Self::Manifest { .. }
            | Self::Program { .. }
            | Self::Answer { .. }
            | Self::Failed { .. }
            | Self::NoComponent { .. }
            | Self::Copy { .. } => None,
        }
    }
}

fn workspace_hint(plugins: &[PathBuf]) -> Option<String> {
    let quoted = |path: &PathBuf| format!("`{}`", path.display());
    let plugins: Vec<String> = plugins.iter().map(quoted).collect();
    let (last, others) = plugins.split_last()?;
    if others.is_empty() {
        return Some(format!("there is a plugin crate in {last}"));
    }
    Some(format!(
        "there are plugin crates in {} and {last}",
        others.join(", ")
    ))
}
