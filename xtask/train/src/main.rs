//! `cargo train`, as it is installed. All that it does is in the library.

fn main() {
    std::process::exit(cargo_train::main(cargo_train::Tool::CargoTrain));
}
