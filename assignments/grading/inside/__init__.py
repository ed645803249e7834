"""What runs in the process of a submission. This folder is all of the grader that such a process can see."""
