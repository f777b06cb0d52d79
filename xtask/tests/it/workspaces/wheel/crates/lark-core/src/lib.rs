pub fn notes() -> u32 { 2 }
