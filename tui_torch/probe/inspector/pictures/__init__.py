"""What a tensor's elements are a picture of, and how they become cells of one."""
