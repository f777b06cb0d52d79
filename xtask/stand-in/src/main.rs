//! The registries of a rehearsal as a program, for tools that do not have them built in. All that it does is in the library.

fn main() {
    std::process::exit(stand_in::main(std::env::args_os()));
}
