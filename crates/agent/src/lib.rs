//! Agent definitions, prompt assembly and the turn machine.
