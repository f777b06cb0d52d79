pub fn notes() -> u32 { lark_core::notes() + 1 }
