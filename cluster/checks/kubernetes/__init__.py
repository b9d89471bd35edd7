"""What holds of descriptions for KubeRay alone: their fields, pods, volumes, who can reach them.

Knows no description for `ray up` and no Dockerfile.
"""
