//! `shorepass`: the command line. Each command is a file of `commands`.

use std::process::ExitCode;

fn main() -> ExitCode {
    server::commands::main()
}
