//! Lets the test binaries find a libpython that lies outside the system's path, as pyenv's does.
//! It must never put such a path into a wheel: with `pyo3/extension-module` the call adds nothing.

fn main() {
    pyo3_build_config::add_libpython_rpath_link_args();
}
