//! The system interface of guests: WASI 0.2 as wasmtime implements it, with a
//! few functions of our own in front.
//!
//! Ours are there to keep a call cheap (streams and variables are made when asked
//! for, not for every call), to bound what a guest can make the host do in one
//! step, and to notice what a guest was refused.

use std::sync::LazyLock;

use wasmtime::component::{HasSelf, Linker, Resource};
use wasmtime::{Result, bail};
use wasmtime_wasi::WasiView;
use wasmtime_wasi::filesystem::{Descriptor, WasiFilesystemView};
use wasmtime_wasi::p2::bindings::{cli, filesystem, random};
use wasmtime_wasi::p2::{DynOutputStream, add_to_linker_async};
use wasmtime_wasi_config::{WasiConfig, WasiConfigVariables};

use crate::console::Kind;
use crate::files;
use crate::http;
use crate::keyvalue;
use crate::limits::RANDOM_BYTES;
use crate::network;
use crate::reality::Source;
use crate::state::State;

/// Adds everything of WASI that is offered.
pub(crate) fn link(linker: &mut Linker<State>) -> Result<()> {
    type Own = HasSelf<State>;
    add_to_linker_async(linker)?;
    http::link(linker)?;
    linker.allow_shadowing(true);
    cli::environment::add_to_linker::<State, Own>(linker, |state| state)?;
    cli::stdout::add_to_linker::<State, Own>(linker, |state| state)?;
    cli::stderr::add_to_linker::<State, Own>(linker, |state| state)?;
    filesystem::preopens::add_to_linker::<State, Own>(linker, |state| state)?;
    random::random::add_to_linker::<State, Own>(linker, |state| state)?;
    random::insecure::add_to_linker::<State, Own>(linker, |state| state)?;
    files::link(linker)?;
    http::link_errors(linker)?;
    random::insecure_seed::add_to_linker::<State, Own>(linker, |state| state)?;
    network::link(linker)?;
    linker.allow_shadowing(false);
    keyvalue::link(linker)?;
    wasmtime_wasi_config::add_to_linker(linker, State::config)?;
    Ok(())
}

impl State {
    fn config(&mut self) -> WasiConfig<'_> {
        static NOTHING: LazyLock<WasiConfigVariables> = LazyLock::new(Default::default);
        let guest = &self.guest;
        WasiConfig::from(guest.granted.config.as_deref().unwrap_or_else(|| {
            guest.denials.config();
            &NOTHING
        }))
    }
}

impl cli::environment::Host for State {
    fn get_environment(&mut self) -> Result<Vec<(String, String)>> {
        if self.guest.granted.env.is_empty() {
            self.guest.denials.env();
        }
        Ok(self.guest.granted.env.to_vec())
    }

    fn get_arguments(&mut self) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    fn initial_cwd(&mut self) -> Result<Option<String>> {
        Ok(None)
    }
}

impl cli::stdout::Host for State {
    fn get_stdout(&mut self) -> Result<Resource<DynOutputStream>> {
        let stream: DynOutputStream = Box::new(self.stream(Kind::Out));
        Ok(self.table().push(stream)?)
    }
}

impl cli::stderr::Host for State {
    fn get_stderr(&mut self) -> Result<Resource<DynOutputStream>> {
        let stream: DynOutputStream = Box::new(self.stream(Kind::Err));
        Ok(self.table().push(stream)?)
    }
}

impl filesystem::preopens::Host for State {
    /// Guests call this when they first touch a path.
    fn get_directories(&mut self) -> Result<Vec<(Resource<Descriptor>, String)>> {
        if !self.guest.granted.has_files {
            self.guest.denials.files();
        }
        let folders = filesystem::preopens::Host::get_directories(&mut self.filesystem())?;
        let named = folders
            .iter()
            .map(|(folder, name)| (folder.rep(), name.clone()));
        self.folders = named.collect();
        Ok(folders)
    }
}

impl random::random::Host for State {
    fn get_random_bytes(&mut self, len: u64) -> Result<Vec<u8>> {
        check_random(len)?;
        if let Some(dice) = &mut self.dice {
            return Ok(dice.bytes(Source::Random, len));
        }
        random::random::Host::get_random_bytes(self.ctx().ctx.random(), len)
    }

    fn get_random_u64(&mut self) -> Result<u64> {
        if let Some(dice) = &mut self.dice {
            return Ok(dice.number(Source::Random));
        }
        random::random::Host::get_random_u64(self.ctx().ctx.random())
    }
}

impl random::insecure::Host for State {
    fn get_insecure_random_bytes(&mut self, len: u64) -> Result<Vec<u8>> {
        check_random(len)?;
        if let Some(dice) = &mut self.dice {
            return Ok(dice.bytes(Source::Insecure, len));
        }
        random::insecure::Host::get_insecure_random_bytes(self.ctx().ctx.random(), len)
    }

    fn get_insecure_random_u64(&mut self) -> Result<u64> {
        if let Some(dice) = &mut self.dice {
            return Ok(dice.number(Source::Insecure));
        }
        random::insecure::Host::get_insecure_random_u64(self.ctx().ctx.random())
    }
}

impl random::insecure_seed::Host for State {
    /// What hash maps are seeded with.
    fn insecure_seed(&mut self) -> Result<(u64, u64)> {
        if let Some(dice) = &self.dice {
            return Ok(dice.seed());
        }
        random::insecure_seed::Host::insecure_seed(self.ctx().ctx.random())
    }
}

/// They are made on the thread, without a chance to yield.
fn check_random(len: u64) -> Result<()> {
    if len > RANDOM_BYTES {
        bail!("it asked for {len} random bytes at once; {RANDOM_BYTES} is the most");
    }
    Ok(())
}
