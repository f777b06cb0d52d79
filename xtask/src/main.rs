//! `cargo xtask`: the release tool of this workspace, as it is here. All that it does is in `cargo-train`.

fn main() {
    std::process::exit(cargo_train::main(cargo_train::Tool::Xtask));
}
