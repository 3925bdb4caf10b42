"""A load balancer as moto has it: two subnets, a group of functions and an HTTPS listener."""

import boto3

REGION = "eu-central-1"


def make_balancer(client, certificate):
    """Return the descriptions of a load balancer and of its listener, whose own certificate is that of the ARN."""
    made = client.create_load_balancer(Name="ingest", Subnets=_subnets())["LoadBalancers"][0]
    group = client.create_target_group(Name="ingest", TargetType="lambda")["TargetGroups"][0]
    listener = client.create_listener(
        LoadBalancerArn=made["LoadBalancerArn"],
        Protocol="HTTPS",
        Port=443,
        Certificates=[{"CertificateArn": certificate}],
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group["TargetGroupArn"]}],
    )["Listeners"][0]
    return made, listener


def _subnets():
    ec2 = boto3.client("ec2", region_name=REGION)
    network = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    return [
        ec2.create_subnet(VpcId=network, CidrBlock=f"10.0.{place}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"][
            "SubnetId"
        ]
        for place, zone in enumerate("ab")
    ]
