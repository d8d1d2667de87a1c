//! The `wharf` command. Everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    wharf::main()
}
