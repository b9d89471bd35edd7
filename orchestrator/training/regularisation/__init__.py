"""What makes a step of training harder than its images and labels are; knows no backend."""
